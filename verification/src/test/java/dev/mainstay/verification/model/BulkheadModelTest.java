package dev.mainstay.verification.model;

import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A bulkhead beside a {@link NaiveBulkhead}. */
class BulkheadModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("bulkhead", BulkheadPlay::new);
    }

    private static final class BulkheadPlay extends GatePlay<Bulkhead, NaiveBulkhead> {

        private static final String NAME = "bulkhead";
        private static final int LONGEST = 60;

        private BulkheadConfig config;

        BulkheadPlay(long seed) {
            super(seed);
            config = config();
            with(Bulkhead.of(NAME, config), new NaiveBulkhead(NAME, config, agenda, expected));
        }

        private BulkheadConfig config() {
            BulkheadConfig.Builder options = BulkheadConfig.builder()
                    .maxConcurrentCalls(1 + random.nextInt(5))
                    .timeSource(time);
            return oneIn(4)
                    ? options.build()
                    : options.maxQueuedCalls(1 + random.nextInt(oneIn(4) ? 40 : 4))
                            .maxWaitDuration(Duration.ofNanos(1 + random.nextInt(LONGEST)))
                            .build();
        }

        @Override
        long spanOfThings() {
            return LONGEST;
        }

        @Override
        int cost() {
            return 1;
        }

        @Override
        void step() {
            int choice = random.nextInt(100);
            if (choice < 78) {
                useGate();
            } else if (choice < 96) {
                long nanos = random.nextInt(20);
                did("let " + nanos + " pass");
                pass(nanos);
            } else {
                BulkheadConfig other = config();
                did("reconfigure to " + other);
                gate().reconfigure(other);
                model().reconfigure(other);
                config = other;
            }
        }

        @Override
        void compare() {
            check("in use", model().inUse(), gate().inUse());
            check("queued", model().queued(), gate().queued());
            check("the limit", model().limit(), gate().limit());
            compareGate();
        }

        @Override
        Object options() {
            return config + ", somebody listens: " + listening();
        }
    }
}
