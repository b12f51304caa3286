package dev.mainstay.time;

import dev.mainstay.verification.overflow.StackEdge;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A main class: lets the stack overflow in each operation of the timer and of the pools, and then requires that what
 * returned has happened, that what threw has not, and that timer and pools still work.
 */
public final class TimerAtTheEdge {

    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final int WARM_UP = 15_000;

    private TimerAtTheEdge() {}

    /**
     * Runs the probe.
     *
     * @param arguments how many overflows of each operation
     */
    public static void main(String[] arguments) throws Exception {
        int times = Integer.parseInt(arguments[0]);
        TimeSource time = TimeSource.system();
        armsAndCancels(time, times);
        wakes(time, times);
        executes(time.executor(), times);
        executes(time.completions(), times);
        startsTheThread(times / 10);
        stillWorks(time);
    }

    private static void armsAndCancels(TimeSource time, int times) throws Exception {
        for (int i = 0; i < WARM_UP; i++) {
            Note note = new Note();
            time.arm(note, HOUR);
            note.cancel();
        }
        List<WeakReference<Note>> references = new ArrayList<>();
        Attempts arming = new Attempts(50) {
            @Override
            void attempt(Note note) {
                time.arm(note, HOUR);
            }

            @Override
            void settle(Note note) {
                require(note.cancel() == note.returned, "armed if it returned, and not if it threw");
                references.add(new WeakReference<>(note));
            }
        };
        arming.overflow(times);
        Attempts cancelling = new Attempts(20) {
            @Override
            void prepare(Note note) {
                time.arm(note, HOUR);
            }

            @Override
            void attempt(Note note) {
                note.cancelled = note.cancel();
            }

            @Override
            void settle(Note note) {
                require(note.cancelled == note.returned, "an armed task can be cancelled");
                require(note.cancel() != note.returned, "cancelled if it returned, and not if it threw");
                references.add(new WeakReference<>(note));
            }
        };
        cancelling.overflow(times);
        eventually("what was cancelled is forgotten", () -> {
            System.gc();
            return references.stream().allMatch(reference -> reference.get() == null);
        });
    }

    /** Each task is due sooner than the thread would look, so that it has to be woken. */
    private static void wakes(TimeSource time, int times) throws Exception {
        awaitEach(times, note -> time.arm(note, 0));
    }

    private static void executes(Executor executor, int times) throws Exception {
        for (int i = 0; i < WARM_UP; i++) {
            executor.execute(new Note());
        }
        awaitEach(times, executor::execute);
    }

    /** A timer whose thread ends at once when idle, so that it must be started again and again. */
    private static void startsTheThread(int times) throws Exception {
        SystemTimer timer = new SystemTimer(0, 4, Runnable::run);
        awaitEach(times, note -> timer.arm(note, System.nanoTime(), 0));
        eventually("the thread ends", () -> !timer.isRunning());
    }

    private static void stillWorks(TimeSource time) throws Exception {
        CountDownLatch done = new CountDownLatch(3);
        time.arm(
                new Note() {
                    @Override
                    protected void fire() {
                        done.countDown();
                    }
                },
                1_000_000);
        time.executor().execute(done::countDown);
        time.completions().execute(done::countDown);
        require(done.await(PATIENCE_NANOS, TimeUnit.NANOSECONDS), "timer and pools work afterwards");
    }

    private static void awaitEach(int times, Consumer<Note> operation) throws Exception {
        List<Note> tried = new ArrayList<>();
        Attempts attempts = new Attempts(300) {
            @Override
            void attempt(Note note) {
                operation.accept(note);
            }

            @Override
            void settle(Note note) {
                tried.add(note);
            }
        };
        attempts.overflow(times);
        eventually(
                "what returned happens", () -> tried.stream().allMatch(note -> !note.returned || note.ends.get() > 0));
        for (Note note : tried) {
            require(
                    note.ends.get() == (note.returned ? 1 : 0),
                    "once if it returned and never if it threw, but " + note.ends.get() + " times");
        }
        require(tried.stream().anyMatch(note -> note.returned), "some have returned");
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            require(System.nanoTime() - start < PATIENCE_NANOS, what);
            Thread.yield();
        }
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    /** An operation on a new task each time. */
    private abstract static class Attempts extends StackEdge {

        private final Note[] notes;
        private int tried;

        /** @param most how many attempts in one dive */
        Attempts(int most) {
            notes = new Note[most];
        }

        @SuppressWarnings("UnusedVariable") // by those that override it
        void prepare(Note note) {}

        abstract void attempt(Note note);

        abstract void settle(Note note);

        @Override
        protected final void prepare() {
            tried = 0;
            for (int i = 0; i < notes.length; i++) {
                notes[i] = new Note();
                prepare(notes[i]);
            }
        }

        @Override
        protected final void operate() {
            if (tried == notes.length) {
                return;
            }
            Note note = notes[tried++];
            attempt(note);
            note.returned = true;
        }

        @Override
        protected final void settle() {
            for (int i = 0; i < tried; i++) {
                settle(notes[i]);
            }
            for (int i = tried; i < notes.length; i++) {
                notes[i].cancel();
            }
            Arrays.fill(notes, null);
        }
    }

    /** Counts how often it has fired or run. */
    private static class Note extends TimedTask implements Runnable {

        private final AtomicInteger ends = new AtomicInteger();
        private boolean returned;
        private boolean cancelled;

        @Override
        protected void fire() {
            ends.incrementAndGet();
        }

        @Override
        public void run() {
            ends.incrementAndGet();
        }
    }
}
