package dev.mainstay.ratelimit;

import java.util.ArrayList;
import java.util.List;

/** What a window of one thread is: the times of all permits, in the order in which they were given. */
final class RememberedPermits {

    static final int LIMIT = 3;
    static final int PERIOD = 10;

    private final List<Integer> times;

    RememberedPermits(Integer... times) {
        this.times = new ArrayList<>(List.of(times));
    }

    /** When so many more may be used at the earliest. */
    int earliest(int permits, int now) {
        int earliest = now;
        for (int i = 0; i < permits; i++) {
            int older = times.size() + i - LIMIT;
            if (older >= 0) {
                earliest = Math.max(earliest, times.get(older) + PERIOD);
            }
        }
        return earliest;
    }

    void use(int permits, int at) {
        for (int i = 0; i < permits; i++) {
            times.add(at);
        }
    }
}
