package dev.mainstay.http;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/** An answer of the JDK's client. */
record JdkAnswer(HttpResponse<?> response) implements HttpAnswer {

    @Override
    public int status() {
        return response.statusCode();
    }

    @Override
    public @Nullable String header(String name) {
        return response.headers().firstValue(name).orElse(null);
    }

    @Override
    public HttpCall call() {
        return callOf(response.request());
    }

    static HttpCall callOf(HttpRequest request) {
        HttpCall call = HttpCall.of(request.method());
        boolean keyed = request.headers().firstValue(HttpCall.IDEMPOTENCY_KEY).isPresent();
        return keyed ? call.idempotent(true) : call;
    }
}
