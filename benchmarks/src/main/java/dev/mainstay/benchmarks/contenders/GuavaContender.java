package dev.mainstay.benchmarks.contenders;

import com.google.common.util.concurrent.RateLimiter;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Guava's {@code RateLimiter}. */
@SuppressWarnings("UnstableApiUsage")
final class GuavaContender implements Contender {

    @Override
    public String name() {
        return "guava";
    }

    @Override
    public @Nullable Protection policies(Composition composition) {
        if (!composition.kinds().equals(List.of(PolicyKind.RATE_LIMITER)) || composition.measured()) {
            return null;
        }
        RateLimiter limiter = RateLimiter.create(1e9);
        return body -> () -> {
            if (!limiter.tryAcquire()) {
                throw new IllegalStateException("rejected");
            }
            return body.get();
        };
    }

    @Override
    public @Nullable Protection rejecting(PolicyKind kind, RejectionForm form) {
        if (kind != PolicyKind.RATE_LIMITER || form != RejectionForm.VALUE) {
            return null;
        }
        RateLimiter limiter = RateLimiter.create(1 / 3_600.0);
        limiter.acquire();
        return body -> () -> limiter.tryAcquire() ? body.get() : Call.REJECTED;
    }

    @Override
    public @Nullable Supplier<Object> instances(PolicyKind kind) {
        return kind == PolicyKind.RATE_LIMITER ? () -> RateLimiter.create(100) : null;
    }
}
