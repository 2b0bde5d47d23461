import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.bean.message.WxMpXmlMessage;

/** The shop's callback: checks and decrypts pushes with the client and keeps them. */
final class Receiver {
    private final WxMpService service;
    private final HttpServer server;
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

    Receiver(WxMpService service) throws IOException {
        this.service = service;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        this.server.createContext("/callback", this::receive);
        this.server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/callback";
    }

    /** The next push of this event, within 20 s. */
    WxMpXmlMessage waitFor(String name) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            Object event = events.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (event == null) {
                throw new AssertionError("no push of " + name + " within 20 s");
            }
            if (event instanceof Exception) {
                throw (Exception) event;
            }
            if (((WxMpXmlMessage) event).getEvent().equals(name)) {
                return (WxMpXmlMessage) event;
            }
        }
    }

    private void receive(HttpExchange exchange) throws IOException {
        Map<String, String> query = new HashMap<>();
        for (String pair : exchange.getRequestURI().getRawQuery().split("&")) {
            String[] parts = pair.split("=", 2);
            query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        int status = 200;
        String answer = "success";
        if (!service.checkSignature(query.get("timestamp"), query.get("nonce"), query.get("signature"))) {
            status = 401;
            answer = "signature";
        } else if (exchange.getRequestMethod().equals("GET")) {
            answer = query.get("echostr");
        } else {
            try {
                events.add(WxMpXmlMessage.fromEncryptedXml(exchange.getRequestBody(),
                        service.getWxMpConfigStorage(), query.get("timestamp"), query.get("nonce"),
                        query.get("msg_signature")));
            } catch (RuntimeException failure) {
                events.add(failure);
            }
        }
        byte[] body = answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
