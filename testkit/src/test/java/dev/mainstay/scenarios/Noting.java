package dev.mainstay.scenarios;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A policy as a user might write it: notes that a call comes and goes. */
final class Noting extends Policy {
    private final String name;
    private final List<String> log;

    Noting(String name, List<String> log) {
        this.name = name;
        this.log = log;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        log.add("+" + name);
        try {
            return inner.proceed(context, now, body);
        } finally {
            log.add("-" + name);
        }
    }

    @Override
    public <T> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        log.add("+" + name);
        return inner.<T>proceedAsync(context, now, body).whenComplete((result, failure) -> log.add("-" + name));
    }
}
