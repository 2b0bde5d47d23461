import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Objects;

/** The arranging calls, the checks, and how a result is told: one JSON line for each scenario. */
final class Driver {
    static final String MOCK = System.getenv("INTEROP_MOCK");
    static final String APPID = System.getenv("INTEROP_APPID");
    static final String TOKEN = System.getenv("INTEROP_TOKEN");
    static final String AES_KEY = System.getenv("INTEROP_AES_KEY");

    /** The control API is asked directly, whatever the proxy. */
    private static final HttpClient DIRECT =
            HttpClient.newBuilder().proxy(ProxySelector.of(null)).connectTimeout(Duration.ofSeconds(5)).build();

    private Driver() {}

    interface Scenario {
        void act() throws Exception;
    }

    static void run(String scenario, Scenario act) {
        JsonObject result = new JsonObject();
        result.addProperty("scenario", scenario);
        result.addProperty("ok", true);
        try {
            act.act();
        } catch (Exception | AssertionError failure) {
            result.addProperty("ok", false);
            result.addProperty("why", failure.toString());
        }
        System.out.println(result);
    }

    static void expect(Object actual, Object wanted, String what) {
        if (!Objects.equals(actual, wanted)) {
            throw new AssertionError(what + ": wanted " + wanted + ", got " + actual);
        }
    }

    static void expectMatch(String actual, String pattern, String what) {
        if (actual == null || !actual.matches(pattern)) {
            throw new AssertionError(what + ": wanted " + pattern + ", got " + actual);
        }
    }

    /** A call of the mock's control API. */
    static JsonObject control(String method, String path, JsonObject body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(MOCK + "/_mock/v1/" + path))
                .timeout(Duration.ofSeconds(20))
                .method(method, body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        HttpResponse<String> answer = DIRECT.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new AssertionError("control API, " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return JsonParser.parseString(answer.body()).getAsJsonObject();
    }

    static JsonObject claim(String user, String cardId, String ext) throws Exception {
        JsonObject card = new JsonObject();
        card.addProperty("cardId", cardId);
        card.addProperty("cardExt", ext);
        JsonArray list = new JsonArray();
        list.add(card);
        JsonObject body = new JsonObject();
        body.addProperty("appid", System.getenv("INTEROP_MP_APPID"));
        body.add("cardList", list);
        return control("POST", "users/" + user + "/add-card", body);
    }

    /** Claims the card, wants it to succeed, and returns the encrypted code. */
    static String claimed(String user, String cardId, String ext) throws Exception {
        JsonObject answer = claim(user, cardId, ext);
        expect(answer.get("errMsg").getAsString(), "addCard:ok", "the phone's answer, " + answer.get("explain"));
        JsonObject first = answer.getAsJsonArray("cardList").get(0).getAsJsonObject();
        expect(first.get("isSuccess").getAsBoolean(), true, "isSuccess");
        return first.get("code").getAsString();
    }

    /** The code that the customer really holds, as the phone shows it. */
    static String heldCode(String user, String cardId) throws Exception {
        String held = null;
        for (JsonElement each : control("GET", "users/" + user + "/wallet", null).getAsJsonArray("cards")) {
            JsonObject card = each.getAsJsonObject();
            if (card.get("card_id").getAsString().equals(cardId)) {
                expect(held, null, "another card of this kind in the wallet");
                held = card.get("code").getAsString();
            }
        }
        if (held == null) {
            throw new AssertionError(user + " holds no " + cardId);
        }
        return held;
    }

    static String openid(String user) throws Exception {
        return control("GET", "users/" + user, null).getAsJsonObject("openids").get(APPID).getAsString();
    }
}
