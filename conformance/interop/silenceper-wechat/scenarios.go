package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

// scenarios run in this order.
func scenarios(s *shop) {
	run("token", func() {
		accessToken, err := s.account.GetAccessToken()
		check(err)
		expectMatch(accessToken, `^\d+_[A-Za-z0-9_-]{100,}$`, "access_token")
	})
	run("ticket", func() {
		// Its own method fetches the page's ticket alone.
		accessToken, err := s.account.GetAccessToken()
		check(err)
		answer, err := util.HTTPGet(wechatHost + "/cgi-bin/ticket/getticket?access_token=" + accessToken + "&type=wx_card")
		check(err)
		var ticket struct {
			util.CommonError
			Ticket string `json:"ticket"`
		}
		check(util.DecodeWithError(answer, &ticket, "GetTicket"))
		s.ticket = ticket.Ticket
		expectMatch(s.ticket, `^[A-Za-z0-9_-]{86}$`, "ticket")
	})
	run("upload-image", func() {
		var err error
		s.logo, err = s.account.GetMaterial().ImageUpload(os.Getenv("INTEROP_IMAGE"))
		check(err)
		expectMatch(s.logo, `^http://mmbiz\.qpic\.cn/`, "url")
	})
	run("callback-check", func() {
		control("PATCH", "accounts/"+appid, object{"callback": object{
			"url": s.callback, "token": token, "encoding_aes_key": aesKey, "mode": "safe", "format": "xml",
		}})
		answer := control("POST", "accounts/"+appid+"/verify-callback", object{})
		expect(answer["ok"], true, fmt.Sprintf("WeChat's check of the URL, %v", answer))
	})
	run("create-card", func() {
		text, err := os.ReadFile(os.Getenv("INTEROP_CARD"))
		check(err)
		var card object
		check(json.Unmarshal(text, &card))
		info := card["general_coupon"].(object)["base_info"].(object)
		info["logo_url"] = s.logo
		now := time.Now().Unix()
		info["date_info"] = object{
			"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": now, "end_timestamp": now + 864000,
		}
		s.cardID = s.ask("/card/create", object{"card": card})["card_id"].(string)
		expectMatch(s.cardID, `^p[A-Za-z0-9_-]{27}$`, "card_id")
	})
	run("get-card", func() {
		info := s.baseInfo()
		expect(info["title"], "满百减二十", "title")
		expect(info["color"], "#63b359", "color")
		expect(info["status"], "CARD_STATUS_VERIFY_OK", "status")
		expect(info["sku"].(object)["quantity"], 100.0, "quantity")
	})
	run("text-kept", func() { expect(s.baseInfo()["notice"], "出示(券码)!", "notice") })
	run("list-cards", func() {
		answer := s.ask("/card/batchget", object{"offset": 0, "count": 50})
		expect(answer["total_num"], 1.0, "total_num")
		expect(answer["card_id_list"], []interface{}{s.cardID}, "card_id_list")
	})
	run("stock", func() {
		s.ask("/card/modifystock", object{"card_id": s.cardID, "increase_stock_value": 50})
		s.ask("/card/modifystock", object{"card_id": s.cardID, "reduce_stock_value": 20})
		expect(s.baseInfo()["sku"].(object)["quantity"], 130.0, "quantity")
	})
	run("update-card", func() {
		s.ask("/card/update", object{
			"card_id":        s.cardID,
			"general_coupon": object{"base_info": object{"service_phone": "020-88888888"}},
		})
		expect(s.baseInfo()["service_phone"], "020-88888888", "service_phone")
	})
	run("sign-and-claim", func() { s.encrypted = claimed("alice", s.cardID, s.signed()) })
	run("message-crypt", func() {
		expect(s.waitFor("card_pass_check").CardID, s.cardID, "CardId of card_pass_check")
		got := s.waitFor("user_get_card")
		expect(got.CardID, s.cardID, "CardId")
		expect(string(got.FromUserName), openid("alice"), "FromUserName")
		expect(got.UserCardCode, heldCode("alice", s.cardID), "UserCardCode")
	})
	run("second-claim", func() {
		first, second := s.signed(), s.signed()
		claimed("bob", s.cardID, first)
		claimed("carol", s.cardID, second)
	})
	run("user-cards", func() {
		answer := s.ask("/card/user/getcardlist", object{"openid": openid("alice"), "card_id": s.cardID})
		list := answer["card_list"].([]interface{})
		expect(len(list), 1, "cards")
		expect(list[0].(object)["card_id"], s.cardID, "card_id")
		expect(list[0].(object)["code"], heldCode("alice", s.cardID), "code")
	})
	run("decrypt", func() {
		s.code = s.ask("/card/code/decrypt", object{"encrypt_code": s.encrypted})["code"].(string)
		expect(s.code, heldCode("alice", s.cardID), "code")
	})
	run("code-get", func() {
		answer := s.ask("/card/code/get", object{"code": s.code})
		expect(answer["card"].(object)["card_id"], s.cardID, "card_id")
		expect(answer["openid"], openid("alice"), "openid")
		expect(answer["can_consume"], true, "can_consume")
		expect(answer["user_card_status"], "NORMAL", "user_card_status")
	})
	run("consume", func() {
		answer := s.ask("/card/code/consume", object{"code": s.code})
		expect(answer["card"].(object)["card_id"], s.cardID, "card_id")
		expect(answer["openid"], openid("alice"), "openid")
	})
	run("consume-twice", func() {
		_, errcode := s.post("/card/code/consume", object{"code": s.code})
		expect(errcode, int64(40099), "errcode")
	})
	run("delete-card", func() {
		ext := s.signed()
		s.ask("/card/delete", object{"card_id": s.cardID})
		expectMatch(claim("bob", s.cardID, ext)["errMsg"].(string), `^addCard:fail`, "the phone's answer")
	})
}
