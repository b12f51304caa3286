package dev.mainstay.breaker;

import java.util.ArrayDeque;
import java.util.Deque;

/** What a window of one thread is: the outcomes of the last so many calls, one by one. */
final class LastCalls {

    private final int size;
    private final Deque<Boolean> failed = new ArrayDeque<>();

    LastCalls(int size) {
        this.size = size;
    }

    void add(boolean failed) {
        this.failed.add(failed);
        if (this.failed.size() > size) {
            this.failed.remove();
        }
    }

    int calls() {
        return failed.size();
    }

    int failures() {
        int failures = 0;
        for (boolean each : failed) {
            failures += each ? 1 : 0;
        }
        return failures;
    }

    /** As text that can be compared: failures of calls. */
    static String text(long failures, long calls) {
        return failures + "/" + calls;
    }

    @Override
    public String toString() {
        return text(failures(), calls());
    }
}
