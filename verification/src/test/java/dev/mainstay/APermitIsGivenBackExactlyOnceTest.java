package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import dev.mainstay.verification.Exploration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The first word on a permit counts, and all others do nothing, even if they come at the same time. */
public class APermitIsGivenBackExactlyOnceTest {

    private final AtomicInteger exits = new AtomicInteger();
    private final AtomicInteger words = new AtomicInteger();
    private final Permit permit = new Permit(new Exits(exits), CallContext.plain(), Classifier.standard());

    @Operation
    public void success() {
        words.incrementAndGet();
        permit.success("result");
    }

    @Operation
    public void failure() {
        words.incrementAndGet();
        permit.failure(new IllegalStateException());
    }

    @Operation
    public void release() {
        words.incrementAndGet();
        permit.release();
    }

    @Validate
    public void once() {
        Exploration.require(exits.get() == Math.min(1, words.get()), "given back twice, or not at all");
    }

    @Test
    void inEverySchedule() {
        Exploration.settles(getClass());
    }

    /** Counts what is given back. */
    private static final class Exits extends Gate {

        private final AtomicInteger exits;

        Exits(AtomicInteger exits) {
            super("exits", TimeSource.system(), Classifier.standard());
            this.exits = exits;
        }

        @Override
        protected long tryEnter(CallContext context, long now) {
            return 0;
        }

        @Override
        protected void exit(
                long permit,
                long start,
                long now,
                Verdict verdict,
                CallContext context,
                @Nullable Object result,
                @Nullable Throwable failure) {
            exits.incrementAndGet();
        }

        @Override
        protected Rejection rejection(long code, CallContext context, long now) {
            throw new AssertionError("it rejects nobody");
        }
    }
}
