"""PyPI wechatpy, unmodified. `requests` reads HTTPS_PROXY and REQUESTS_CA_BUNDLE by itself.

One process for one way; prints one JSON line for the version and one for each scenario.
"""

import json
import os
import queue
import re
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from wechatpy import WeChatClient, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException
from wechatpy.utils import WeChatSigner, check_signature, random_string

MOCK = os.environ["INTEROP_MOCK"]
APPID = os.environ["INTEROP_APPID"]
MP_APPID = os.environ["INTEROP_MP_APPID"]
TOKEN = os.environ["INTEROP_TOKEN"]
AES_KEY = os.environ["INTEROP_AES_KEY"]


class LedElsewhere(WeChatClient):
    """The base URL is an attribute of the class; that of the token alone is written into a method."""

    API_BASE_URL = MOCK + "/cgi-bin/"

    def fetch_access_token(self):
        return self._fetch_access_token(
            url=MOCK + "/cgi-bin/token",
            params={"grant_type": "client_credential", "appid": self.appid, "secret": self.secret},
        )


def expect(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what}: wanted {wanted!r}, got {actual!r}")


def expect_match(actual, pattern, what):
    if not isinstance(actual, str) or not re.search(pattern, actual):
        raise AssertionError(f"{what}: wanted {pattern}, got {actual!r}")


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def control(path, body=None, method=None):
    """A call of the mock's control API; a body makes it a POST."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{MOCK}/_mock/v1/{path}", data=data, method=method)
    with OPENER.open(request, timeout=20) as response:
        return json.load(response)


def claim(user, card_id, card_ext):
    return control(
        f"users/{user}/add-card",
        {"appid": MP_APPID, "cardList": [{"cardId": card_id, "cardExt": card_ext}]},
    )


def claimed(user, card_id, card_ext):
    """Claims the card, wants it to succeed, and returns the encrypted code."""
    answer = claim(user, card_id, card_ext)
    expect(answer["errMsg"], "addCard:ok", f"the phone's answer, {answer.get('explain')}")
    expect(answer["cardList"][0]["isSuccess"], True, "isSuccess")
    return answer["cardList"][0]["code"]


def held_code(user, card_id):
    held = [card["code"] for card in control(f"users/{user}/wallet")["cards"] if card["card_id"] == card_id]
    expect(len(held), 1, "cards of this kind in the wallet")
    return held[0]


def openid(user):
    return control(f"users/{user}")["openids"][APPID]


class Receiver:
    """The shop's callback: decrypts pushes with the client and keeps them."""

    def __init__(self):
        self.events = queue.Queue()
        events = self.events
        crypto = WeChatCrypto(TOKEN, AES_KEY, APPID)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
                try:
                    check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
                    self.answer(200, query["echostr"])
                except Exception as error:  # whatever the client says, the scenario shows it
                    self.answer(401, repr(error))

            def do_POST(self):
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    text = crypto.decrypt_message(
                        body, query["msg_signature"], query["timestamp"], query["nonce"]
                    )
                    events.put(parse_message(text))
                except Exception as error:
                    events.put(error)
                self.answer(200, "success")

            def answer(self, status, text):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/callback"

    def wait_for(self, name):
        """The next push of this event, within 20 s."""
        end = time.monotonic() + 20
        while True:
            event = self.events.get(timeout=max(0.0, end - time.monotonic()))
            if isinstance(event, Exception):
                raise event
            if event.event == name:
                return event


class Scenarios:
    """In the order in which they run; the name is that of the method, with dashes."""

    def __init__(self):
        kind = LedElsewhere if os.environ["INTEROP_WAY"] == "base-url" else WeChatClient
        self.client = kind(APPID, os.environ["INTEROP_SECRET"], timeout=20)
        if kind is LedElsewhere:
            self.client.card.API_BASE_URL = MOCK + "/"
        self.receiver = Receiver()

    def base_info(self):
        return self.client.card.get(self.card_id)["general_coupon"]["base_info"]

    def signed(self):
        """The client's own signer over the values."""
        timestamp, nonce = str(int(time.time())), random_string()
        signer = WeChatSigner()
        signer.add_data(self.client.jsapi.get_jsapi_card_ticket(), timestamp, self.card_id, nonce)
        return json.dumps({"timestamp": timestamp, "nonce_str": nonce, "signature": signer.signature})

    def token(self):
        expect_match(self.client.access_token, r"^\d+_[A-Za-z0-9_-]{100,}$", "access_token")

    def ticket(self):
        expect_match(self.client.jsapi.get_jsapi_card_ticket(), r"^[A-Za-z0-9_-]{86}$", "ticket")

    def two_tickets(self):
        page = self.client.jsapi.get_jsapi_ticket()
        expect(self.client.jsapi.get_jsapi_card_ticket() == page, False, "the card's ticket is the page's")

    def upload_image(self):
        with open(os.environ["INTEROP_IMAGE"], "rb") as file:
            self.logo = self.client.media.upload_image(file)
        expect_match(self.logo, r"^http://mmbiz\.qpic\.cn/", "url")

    def callback_check(self):
        control(
            f"accounts/{APPID}",
            {"callback": {"url": self.receiver.url(), "token": TOKEN, "encoding_aes_key": AES_KEY,
                          "mode": "safe", "format": "xml"}},
            "PATCH",
        )
        answer = control(f"accounts/{APPID}/verify-callback", {})
        expect(answer["ok"], True, f"WeChat's check of the URL, {answer}")

    def create_card(self):
        with open(os.path.join(os.path.dirname(__file__), "..", "card.json"), encoding="utf-8") as file:
            card = json.load(file)
        info = card["general_coupon"]["base_info"]
        info["logo_url"] = self.logo
        info["date_info"]["begin_timestamp"] = int(time.time())
        info["date_info"]["end_timestamp"] = int(time.time()) + 864_000
        self.card_id = self.client.card.create({"card": card})
        expect_match(self.card_id, r"^p[A-Za-z0-9_-]{27}$", "card_id")

    def get_card(self):
        expect(self.client.card.get(self.card_id)["card_type"], "GENERAL_COUPON", "card_type")
        info = self.base_info()
        expect(info["title"], "满百减二十", "title")
        expect(info["color"], "#63b359", "color")
        expect(info["status"], "CARD_STATUS_VERIFY_OK", "status")
        expect(info["sku"]["quantity"], 100, "quantity")

    def text_kept(self):
        expect(self.base_info()["notice"], "出示(券码)!", "notice")

    def list_cards(self):
        answer = self.client.card.batch_get(0, 50)
        expect((answer["total_num"], answer["card_id_list"]), (1, [self.card_id]), "total_num, card_id_list")

    def stock(self):
        self.client.card.modify_stock(self.card_id, 50)
        self.client.card.modify_stock(self.card_id, -20)
        expect(self.base_info()["sku"]["quantity"], 130, "quantity")

    def update_card(self):
        self.client.card.update(
            {"card_id": self.card_id, "general_coupon": {"base_info": {"service_phone": "020-88888888"}}}
        )
        expect(self.base_info()["service_phone"], "020-88888888", "service_phone")

    def sign_and_claim(self):
        self.encrypted = claimed("alice", self.card_id, self.signed())

    def message_crypt(self):
        checked = self.receiver.wait_for("card_pass_check")
        expect(checked.card_id, self.card_id, "CardId of card_pass_check")
        got = self.receiver.wait_for("user_get_card")
        # It has no name for this field, and gives out what it parsed.
        code = got._data["UserCardCode"]
        expect((got.card_id, got.source), (self.card_id, openid("alice")), "CardId, FromUserName")
        expect(code, held_code("alice", self.card_id), "UserCardCode")

    def second_claim(self):
        first, second = self.signed(), self.signed()
        claimed("bob", self.card_id, first)
        claimed("carol", self.card_id, second)

    def user_cards(self):
        answer = self.client.card.get_card_list(openid("alice"), self.card_id)
        expect(
            [(card["card_id"], card["code"]) for card in answer["card_list"]],
            [(self.card_id, held_code("alice", self.card_id))],
            "card_list",
        )

    def decrypt(self):
        self.code = self.client.card.decrypt_code(self.encrypted)
        expect(self.code, held_code("alice", self.card_id), "code")

    def code_get(self):
        answer = self.client.card.get_code(self.code)
        expect(
            (answer["card"]["card_id"], answer["openid"], answer["can_consume"], answer["user_card_status"]),
            (self.card_id, openid("alice"), True, "NORMAL"),
            "card_id, openid, can_consume, user_card_status",
        )

    def consume(self):
        answer = self.client.card.consume_code(self.code)
        expect((answer["card"]["card_id"], answer["openid"]), (self.card_id, openid("alice")), "card_id, openid")

    def consume_twice(self):
        try:
            answer = self.client.card.consume_code(self.code)
        except WeChatClientException as error:
            expect(error.errcode, 40099, "errcode")
        else:
            raise AssertionError(f"was not refused: {answer}")

    def delete_card(self):
        ext = self.signed()
        self.client.card.delete(self.card_id)
        expect_match(claim("bob", self.card_id, ext)["errMsg"], r"^addCard:fail", "the phone's answer")


def main():
    print(json.dumps({"version": version("wechatpy")}), flush=True)
    scenarios = Scenarios()
    for name, act in vars(Scenarios).items():
        if name.startswith("_") or name in ("base_info", "signed"):
            continue
        result = {"scenario": name.replace("_", "-"), "ok": True}
        try:
            act(scenarios)
        except Exception as error:  # told by the runner, scenario by scenario
            result |= {"ok": False, "why": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), flush=True)


main()
