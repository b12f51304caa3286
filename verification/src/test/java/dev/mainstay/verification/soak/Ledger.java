package dev.mainstay.verification.soak;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

/** A policy that does nothing but count: around all others, it knows how many calls they have had to do with. */
final class Ledger extends Policy {

    private final LongAdder begun = new LongAdder();
    private final LongAdder ended = new LongAdder();

    long begun() {
        return begun.sum();
    }

    long ended() {
        return ended.sum();
    }

    @Override
    public String name() {
        return "ledger";
    }

    @Override
    public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        begun.increment();
        try {
            return inner.<T>proceed(context, TimeSource.UNREAD, body);
        } finally {
            ended.increment();
        }
    }

    @Override
    public <T> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        begun.increment();
        CompletableFuture<T> call = inner.proceedAsync(context, TimeSource.UNREAD, body);
        call.whenComplete((result, failure) -> ended.increment());
        return call;
    }
}
