package dev.mainstay.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a window of one thread is: the times of all permits, in the order in which they were given. */
final class RememberedPermits {

    static final int LIMIT = 3;
    static final int PERIOD = 10;

    private final int limit;
    private final int period;
    private final List<Integer> times = new ArrayList<>();

    RememberedPermits(int limit, int period) {
        this.limit = limit;
        this.period = period;
    }

    static RememberedPermits of(Integer... times) {
        RememberedPermits permits = new RememberedPermits(LIMIT, PERIOD);
        permits.times.addAll(List.of(times));
        return permits;
    }

    /** The same with nothing remembered. */
    static QueueingLedger ledger() {
        return new QueueingLedger(List.of(RateLimit.atMost(LIMIT, Duration.ofNanos(PERIOD))), List.of(), 0, 0);
    }

    /** When so many more may be used at the earliest. */
    int earliest(int permits, int now) {
        int earliest = now;
        for (int i = 0; i < permits; i++) {
            int older = times.size() + i - limit;
            if (older >= 0) {
                earliest = Math.max(earliest, times.get(older) + period);
            }
        }
        return earliest;
    }

    /** A permit counts as used no earlier than the newest one, whatever the thread has read. */
    void use(int permits, int at) {
        int counted = times.isEmpty() ? at : Math.max(at, times.get(times.size() - 1));
        for (int i = 0; i < permits; i++) {
            times.add(counted);
        }
    }
}
