// What java.net.http does by itself over plain http: it offers HTTP/2 with its first request, and sends while it is
// being answered. Prints the status and the body of a good event, of a body and of a head that are too large.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

public class Edge {
    static final String URL = System.getenv("GATEWAY") + "/v1/events";

    public static void main(String[] args) throws Exception {
        String event = """
            {"specversion": "1.0", "id": "java-edge-1", "source": "/county/%s/java-edge", "type": "duban.hazard.reported.v1",
             "data": {"county": "%s", "reference": "JAVA-EDGE-1", "channel": "inspection", "sector": "hazchem",
                      "enterprise": {"name": "示例化工有限公司"}, "place": "储罐区东侧", "description": "可燃气体探测器失效",
                      "found_on": "2026-11-20"}}""".formatted(System.getenv("COUNTY"), System.getenv("COUNTY"));
        for (int round = 0; round < 5; round++) {
            // A new client each time: it is the first request that offers another protocol.
            say(request("short").POST(HttpRequest.BodyPublishers.ofString(event)));
            say(request("short").POST(HttpRequest.BodyPublishers.ofByteArray(new byte[6_000_000])));
            say(request("x".repeat(100_000)).POST(HttpRequest.BodyPublishers.ofByteArray(new byte[500_000])));
        }
    }

    static HttpRequest.Builder request(String remark) {
        return HttpRequest.newBuilder(URI.create(URL)).header("Authorization", "Bearer " + System.getenv("KEY"))
            .header("Content-Type", "application/cloudevents+json").header("X-Remark", remark);
    }

    static void say(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> answer =
            HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        System.out.println(answer.statusCode() + " " + answer.body());
    }
}
