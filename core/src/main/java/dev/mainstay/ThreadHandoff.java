package dev.mainstay;

import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a call gets onto another thread and takes its context along: made on the thread that the call leaves, used when
 * it goes on. What goes along is what the {@link ContextCarrier} carries, and the context class loader.
 */
public final class ThreadHandoff {

    static final ContextCarrier CARRIES_NOTHING = () -> () -> () -> {};

    /** For hops to our own executor, which takes everything. */
    static final Consumer<Throwable> NEVER_REJECTED = rejected -> {};

    /** How much later to try again where there is no thread just now: 10 ms. */
    private static final long PATIENCE_NANOS = 10_000_000;

    private final Executor executor;

    /** Of the time source: where work goes on, and where calls end. */
    private final Executor own;

    private final Executor completions;
    private final ContextCarrier.@Nullable Snapshot snapshot;
    private final @Nullable ClassLoader loader;

    ThreadHandoff(@Nullable Executor executor, TimeSource time, ContextCarrier carrier) {
        this.own = time.executor();
        this.completions = time.completions();
        this.executor = executor == null ? own : executor;
        this.snapshot = capture(carrier);
        this.loader = Thread.currentThread().getContextClassLoader();
    }

    private ThreadHandoff(Executor executor, ThreadHandoff other) {
        this.executor = executor;
        this.own = executor;
        this.completions = other.completions;
        this.snapshot = other.snapshot;
        this.loader = other.loader;
    }

    /** A hop to the time source's own executor. */
    public static ThreadHandoff of(TimeSource time) {
        return new ThreadHandoff(null, time, CARRIES_NOTHING);
    }

    /** A hop to an executor of your own. */
    public static ThreadHandoff of(Executor executor, TimeSource time, ContextCarrier carrier) {
        return new ThreadHandoff(
                Require.present("executor", executor), time, Require.present("contextCarrier", carrier));
    }

    /** Takes along what this hop does, but goes where calls end, which no work of the user's can fill. */
    ThreadHandoff toOwnExecutor() {
        return new ThreadHandoff(completions, this);
    }

    /**
     * Goes on with one of the two on another thread: with the task on the executor, or else with the other. Never on
     * the calling thread, which may be the timer's or that of another call: an executor of the user's is called from a
     * thread of ours. An executor that runs a task twice, or throws after it has taken it, runs one of the two once.
     *
     * @param ifRejected what to do, on a thread of ours, if the executor does not take the task
     */
    public void run(Runnable task, Consumer<? super Throwable> ifRejected) {
        Handover handover = new Handover(task);
        if (executor == own) {
            own.execute(handover);
        } else {
            own.execute(() -> {
                try {
                    executor.execute(handover);
                } catch (Throwable rejected) {
                    handover.instead(() -> ifRejected.accept(rejected));
                }
            });
        }
    }

    /** Goes on with a task where calls end; if there is no thread for it just now, a little later. */
    static void goOn(TimeSource time, Runnable task) {
        try {
            time.completions().execute(task);
        } catch (Throwable noThread) {
            time.arm(
                    new TimedTask() {
                        @Override
                        protected void fire() {
                            time.completions().execute(task);
                        }
                    },
                    PATIENCE_NANOS);
        }
    }

    /** The task, to be run in the context that this hop took along; without it, if that cannot be put in place. */
    public Runnable carried(Runnable task) {
        return carried(snapshot, task);
    }

    /** What the carrier takes along from this thread; null if that is nothing. */
    static ContextCarrier.@Nullable Snapshot capture(ContextCarrier carrier) {
        return carrier == CARRIES_NOTHING ? null : carrier.careful().capture();
    }

    /** The task, to be run in what was taken along, if anything. */
    static Runnable carried(ContextCarrier.@Nullable Snapshot snapshot, Runnable task) {
        if (snapshot == null) {
            return task;
        }
        return () -> {
            ContextCarrier.Restore before = snapshot.open();
            try {
                task.run();
            } finally {
                before.close();
            }
        };
    }

    private void runHere(Runnable task) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        if (before == loader) {
            carried(task).run();
            return;
        }
        thread.setContextClassLoader(loader);
        try {
            carried(task).run();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** A task on its way to a thread, which goes on once whoever runs it. */
    private final class Handover implements Runnable {

        private final Runnable task;

        private boolean claimed;

        Handover(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            instead(task);
        }

        /** Goes on with this, unless it has gone on already. */
        void instead(Runnable other) {
            if (claim()) {
                runHere(other);
            }
        }

        @LeafSection
        private synchronized boolean claim() {
            boolean first = !claimed;
            claimed = true;
            return first;
        }
    }
}
