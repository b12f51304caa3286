package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Body;
import dev.mainstay.benchmarks.contenders.ExpectedFailure;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * What is called in the benchmarks, one for each thread: a look at a field, so that nothing can be folded away and next
 * to nothing is added.
 */
final class Bodies {

    private Bodies() {}

    static Body returning() {
        return new Returning();
    }

    /** Each n-th call fails, or none if n is 0. */
    static Body failingEvery(int n) {
        return n == 0 ? returning() : new FailingEvery(n);
    }

    /** Of the attempts of a call so many fail, and the next succeeds. */
    static Body succeedingAfter(int failures) {
        return failures == 0 ? returning() : new SucceedingAfter(failures);
    }

    /** Bodies of different classes, as a call site sees them that many callers share. */
    static List<Body> ofSeveralClasses() {
        return List.of(new Returning(), new Counting(), new Alternating());
    }

    private static final class Returning implements Body {

        private Object result = "result";

        @Override
        public Object get() {
            return result;
        }
    }

    private static final class Counting implements Body {

        private long calls;

        @Override
        public Object get() {
            calls++;
            return calls == 0 ? this : "result";
        }
    }

    private static final class Alternating implements Body {

        private Object next = "first";
        private Object last = "second";

        @Override
        public Object get() {
            Object result = next;
            next = last;
            last = result;
            return result;
        }
    }

    private static final class FailingEvery implements Body {

        private final int n;
        private final Countdown left;
        private Object result = "result";

        FailingEvery(int n) {
            this.n = n;
            this.left = new Countdown(n);
        }

        @Override
        public Object get() {
            if (left.isOver()) {
                left.begin(n);
                throw ExpectedFailure.INSTANCE;
            }
            return result;
        }
    }

    private static final class SucceedingAfter implements Body {

        private final int calls;
        private final Countdown left;
        private Object result = "result";

        SucceedingAfter(int failures) {
            this.calls = failures + 1;
            this.left = new Countdown(calls);
        }

        @Override
        public Object get() {
            if (left.isOver()) {
                left.begin(calls);
                return result;
            }
            throw ExpectedFailure.INSTANCE;
        }
    }

    /**
     * A number that one thread writes at each call, so far from everything else that no other thread's cache line is
     * touched, wherever the garbage collector moves it.
     */
    private static final class Countdown {

        private static final int FAR = 32;

        private final int[] cells = new int[2 * FAR];

        Countdown(int from) {
            begin(from);
        }

        void begin(int from) {
            cells[FAR] = from;
        }

        /** One less; whether that was the last. */
        boolean isOver() {
            return --cells[FAR] == 0;
        }
    }

    /** Answers with a stage: one that has completed, or a new one that the caller completes. */
    static final class Staged implements Supplier<CompletionStage<Object>> {

        private final boolean completed;
        private CompletableFuture<Object> stage = CompletableFuture.completedFuture("result");

        Staged(boolean completed) {
            this.completed = completed;
        }

        @Override
        public CompletionStage<Object> get() {
            if (!completed) {
                stage = new CompletableFuture<>();
            }
            return stage;
        }

        /** Completes the newest. */
        void complete() {
            stage.complete("result");
        }
    }
}
