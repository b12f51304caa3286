package dev.mainstay.http;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The two ways in which a client makes a call, with the same outcome. */
enum Calls {
    SYNC {
        @Override
        <T> HttpResponse<T> make(HttpClient client, HttpRequest request, HttpResponse.BodyHandler<T> handler)
                throws IOException, InterruptedException {
            return client.send(request, handler);
        }
    },
    ASYNC {
        @Override
        <T> HttpResponse<T> make(HttpClient client, HttpRequest request, HttpResponse.BodyHandler<T> handler)
                throws IOException, InterruptedException {
            try {
                return client.sendAsync(request, handler).get(20, TimeUnit.SECONDS);
            } catch (TimeoutException hangs) {
                throw new AssertionError("the future hangs", hangs);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof IOException failure) {
                    throw failure;
                }
                if (e.getCause() instanceof RuntimeException failure) {
                    throw failure;
                }
                throw new AssertionError(e.getCause());
            }
        }
    };

    abstract <T> HttpResponse<T> make(HttpClient client, HttpRequest request, HttpResponse.BodyHandler<T> handler)
            throws IOException, InterruptedException;
}
