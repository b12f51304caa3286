package dev.mainstay.benchmarks.contenders;

import io.github.bucket4j.Bucket;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A local bucket of bucket4j with its defaults: lock-free, by milliseconds. */
final class Bucket4jContender implements Contender {

    @Override
    public String name() {
        return "bucket4j";
    }

    @Override
    public @Nullable Protection policies(Composition composition) {
        if (!composition.kinds().equals(List.of(PolicyKind.RATE_LIMITER)) || composition.measured()) {
            return null;
        }
        Bucket bucket = bucket(1_000_000, Duration.ofMillis(1));
        return body -> () -> {
            if (!bucket.tryConsume(1)) {
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
        Bucket bucket = bucket(1, Duration.ofHours(1));
        bucket.tryConsume(1);
        return body -> () -> bucket.tryConsume(1) ? body.get() : Call.REJECTED;
    }

    private static Bucket bucket(long tokens, Duration period) {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(tokens).refillGreedy(tokens, period))
                .build();
    }

    @Override
    public @Nullable Supplier<Object> instances(PolicyKind kind) {
        return kind == PolicyKind.RATE_LIMITER ? () -> bucket(100, Duration.ofSeconds(1)) : null;
    }
}
