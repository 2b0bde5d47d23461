import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import me.chanjar.weixin.common.bean.WxCardApiSignature;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;
import me.chanjar.weixin.mp.bean.card.BaseInfo;
import me.chanjar.weixin.mp.bean.card.DateInfo;
import me.chanjar.weixin.mp.bean.card.GeneralCoupon;
import me.chanjar.weixin.mp.bean.card.GeneralCouponCreateRequest;
import me.chanjar.weixin.mp.bean.card.Sku;
import me.chanjar.weixin.mp.bean.card.UserCard;
import me.chanjar.weixin.mp.bean.card.WxMpCardCreateRequest;
import me.chanjar.weixin.mp.bean.card.WxMpCardResult;
import me.chanjar.weixin.mp.bean.message.WxMpXmlMessage;
import me.chanjar.weixin.mp.config.WxMpHostConfig;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;

/** Maven com.github.binarywang:weixin-java-mp, unmodified. One process for one way. */
public final class Interop {
    private final WxMpService service = new WxMpServiceImpl();
    private final Receiver receiver;
    private String logo;
    private String cardId;
    private String encrypted;
    private String code;

    private Interop() throws Exception {
        WxMpDefaultConfigImpl config = new WxMpDefaultConfigImpl();
        config.setAppId(Driver.APPID);
        config.setSecret(System.getenv("INTEROP_SECRET"));
        config.setToken(Driver.TOKEN);
        config.setAesKey(Driver.AES_KEY);
        if (System.getenv("INTEROP_WAY").equals("base-url")) {
            config.setHostConfig(WxMpHostConfig.builder().apiHost(Driver.MOCK).build());
        } else {
            // It reads no HTTPS_PROXY; this is its own setting. The CA is the JVM's trust store.
            URI proxy = URI.create(System.getenv("HTTPS_PROXY"));
            config.setHttpProxyHost(proxy.getHost());
            config.setHttpProxyPort(proxy.getPort());
        }
        service.setWxMpConfigStorage(config);
        receiver = new Receiver(service);
    }

    private JsonObject baseInfo() throws Exception {
        JsonObject card = JsonParser.parseString(service.getCardService().getCardDetail(cardId))
                .getAsJsonObject().getAsJsonObject("card");
        Driver.expect(card.get("card_type").getAsString(), "GENERAL_COUPON", "card_type");
        return card.getAsJsonObject("general_coupon").getAsJsonObject("base_info");
    }

    private int quantity() throws Exception {
        return baseInfo().getAsJsonObject("sku").get("quantity").getAsInt();
    }

    private String signed() throws Exception {
        WxCardApiSignature signature = service.getCardService().createCardApiSignature(cardId);
        JsonObject ext = new JsonObject();
        ext.addProperty("timestamp", String.valueOf(signature.getTimestamp()));
        ext.addProperty("nonce_str", signature.getNonceStr());
        ext.addProperty("signature", signature.getSignature());
        return ext.toString();
    }

    private void createCard() throws Exception {
        JsonObject draft = JsonParser.parseString(Files.readString(Path.of(System.getenv("INTEROP_CARD"))))
                .getAsJsonObject().getAsJsonObject("general_coupon");
        BaseInfo info = new com.google.gson.Gson().fromJson(draft.get("base_info"), BaseInfo.class);
        info.setLogoUrl(logo);
        Sku sku = new Sku();
        sku.setQuantity(100);
        info.setSku(sku);
        long now = Instant.now().getEpochSecond();
        DateInfo dates = new DateInfo();
        dates.setType("DATE_TYPE_FIX_TIME_RANGE");
        dates.setBeginTimestamp(now);
        dates.setEndTimestamp(now + 864_000);
        info.setDateInfo(dates);
        GeneralCoupon coupon = new GeneralCoupon();
        coupon.setBaseInfo(info);
        coupon.setDefaultDetail(draft.get("default_detail").getAsString());
        GeneralCouponCreateRequest request = new GeneralCouponCreateRequest();
        request.setGeneralCoupon(coupon);
        WxMpCardCreateRequest message = new WxMpCardCreateRequest();
        message.setCardCreateRequest(request);
        cardId = service.getCardService().createCard(message).getCardId();
        Driver.expectMatch(cardId, "p[A-Za-z0-9_-]{27}", "card_id");
    }

    private void callbackCheck() throws Exception {
        JsonObject callback = new JsonObject();
        callback.addProperty("url", receiver.url());
        callback.addProperty("token", Driver.TOKEN);
        callback.addProperty("encoding_aes_key", Driver.AES_KEY);
        callback.addProperty("mode", "safe");
        callback.addProperty("format", "xml");
        JsonObject change = new JsonObject();
        change.add("callback", callback);
        Driver.control("PATCH", "accounts/" + Driver.APPID, change);
        JsonObject answer = Driver.control("POST", "accounts/" + Driver.APPID + "/verify-callback", new JsonObject());
        Driver.expect(answer.get("ok").getAsBoolean(), true, "WeChat's check of the URL, " + answer);
    }

    private void messageCrypt() throws Exception {
        Driver.expect(receiver.waitFor("card_pass_check").getCardId(), cardId, "CardId of card_pass_check");
        WxMpXmlMessage got = receiver.waitFor("user_get_card");
        Driver.expect(got.getCardId(), cardId, "CardId");
        Driver.expect(got.getFromUser(), Driver.openid("alice"), "FromUserName");
        Driver.expect(got.getUserCardCode(), Driver.heldCode("alice", cardId), "UserCardCode");
    }

    private void codeGet() throws Exception {
        WxMpCardResult answer = service.getCardService().queryCardCode(cardId, code, true);
        Driver.expect(answer.getCard().getCardId(), cardId, "card_id");
        Driver.expect(answer.getOpenId(), Driver.openid("alice"), "openid");
        Driver.expect(answer.getCanConsume(), true, "can_consume");
        Driver.expect(answer.getUserCardStatus(), "NORMAL", "user_card_status");
    }

    private void consumeTwice() throws Exception {
        String answer;
        try {
            answer = service.getCardService().consumeCardCode(code);
        } catch (WxErrorException refusal) {
            Driver.expect(refusal.getError().getErrorCode(), 40099, "errcode");
            return;
        }
        throw new AssertionError("was not refused: " + answer);
    }

    private void runAll() {
        Driver.run("token", () ->
                Driver.expectMatch(service.getAccessToken(), "\\d+_[A-Za-z0-9_-]{100,}", "access_token"));
        Driver.run("ticket", () -> Driver.expectMatch(
                service.getCardService().getCardApiTicket(), "[A-Za-z0-9_-]{86}", "ticket"));
        Driver.run("two-tickets", () -> {
            String page = service.getJsapiTicket();
            Driver.expect(service.getCardService().getCardApiTicket().equals(page), false,
                    "the card's ticket is the page's");
        });
        Driver.run("upload-image", () -> {
            logo = service.getMaterialService().mediaImgUpload(new File(System.getenv("INTEROP_IMAGE"))).getUrl();
            Driver.expectMatch(logo, "http://mmbiz\\.qpic\\.cn/.*", "url");
        });
        Driver.run("callback-check", this::callbackCheck);
        Driver.run("create-card", this::createCard);
        Driver.run("get-card", () -> {
            JsonObject info = baseInfo();
            Driver.expect(info.get("title").getAsString(), "满百减二十", "title");
            Driver.expect(info.get("color").getAsString(), "#63b359", "color");
            Driver.expect(info.get("status").getAsString(), "CARD_STATUS_VERIFY_OK", "status");
            Driver.expect(quantity(), 100, "quantity");
        });
        Driver.run("text-kept", () ->
                Driver.expect(baseInfo().get("notice").getAsString(), "出示(券码)!", "notice"));
        Driver.run("stock", () -> {
            service.getCardService().cardModifyStock(cardId, 50);
            service.getCardService().cardModifyStock(cardId, -20);
            Driver.expect(quantity(), 130, "quantity");
        });
        Driver.run("sign-and-claim", () -> encrypted = Driver.claimed("alice", cardId, signed()));
        Driver.run("message-crypt", this::messageCrypt);
        Driver.run("second-claim", () -> {
            String first = signed();
            String second = signed();
            Driver.claimed("bob", cardId, first);
            Driver.claimed("carol", cardId, second);
        });
        Driver.run("user-cards", () -> {
            List<UserCard> cards =
                    service.getCardService().getUserCardList(Driver.openid("alice"), cardId).getCardList();
            Driver.expect(cards.size(), 1, "cards");
            Driver.expect(cards.get(0).getCardId(), cardId, "card_id");
            Driver.expect(cards.get(0).getCode(), Driver.heldCode("alice", cardId), "code");
        });
        Driver.run("decrypt", () -> {
            code = service.getCardService().decryptCardCode(encrypted);
            Driver.expect(code, Driver.heldCode("alice", cardId), "code");
        });
        Driver.run("code-get", this::codeGet);
        Driver.run("consume", () -> {
            JsonObject answer = JsonParser.parseString(service.getCardService().consumeCardCode(code)).getAsJsonObject();
            Driver.expect(answer.getAsJsonObject("card").get("card_id").getAsString(), cardId, "card_id");
            Driver.expect(answer.get("openid").getAsString(), Driver.openid("alice"), "openid");
        });
        Driver.run("consume-twice", this::consumeTwice);
        Driver.run("delete-card", () -> {
            String ext = signed();
            Driver.expect(service.getCardService().deleteCard(cardId).isSuccess(), true, "isSuccess");
            Driver.expectMatch(Driver.claim("bob", cardId, ext).get("errMsg").getAsString(), "addCard:fail.*",
                    "the phone's answer");
        });
    }

    public static void main(String[] arguments) throws Exception {
        JsonObject version = new JsonObject();
        // The name of the library's own file, mp-VERSION.jar.
        String file = Path.of(WxMpService.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .getFileName().toString();
        version.addProperty("version", file.replaceAll("weixin-java-mp-|\\.jar", ""));
        System.out.println(version);
        new Interop().runAll();
        // The receiver and the client keep threads of their own.
        System.exit(0);
    }
}
