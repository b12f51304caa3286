package dev.mainstay;

import dev.mainstay.time.TimeSource;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a call gets onto another thread and takes its context along: made on the thread that the call leaves, used when it goes on.
 */
public final class Hop {

    static final ContextCarrier CARRIES_NOTHING = () -> () -> () -> {};

    private final Executor executor;
    private final Executor lastResort;
    private final ContextCarrier.@Nullable Snapshot snapshot;

    Hop(@Nullable Executor executor, TimeSource time, ContextCarrier carrier) {
        this.lastResort = time.executor();
        this.executor = executor == null ? lastResort : executor;
        this.snapshot = capture(carrier);
    }

    private Hop(Executor executor, Hop other) {
        this.executor = executor;
        this.lastResort = other.lastResort;
        this.snapshot = other.snapshot;
    }

    /** A hop to the time source's own executor. */
    public static Hop of(TimeSource time) {
        return new Hop(null, time, CARRIES_NOTHING);
    }

    /** A hop to an executor of your own. */
    public static Hop of(Executor executor, TimeSource time, ContextCarrier carrier) {
        return new Hop(Require.present("executor", executor), time, Require.present("contextCarrier", carrier));
    }

    /** Takes along what this hop does, but goes to the time source's own executor, which is never busy with the user's work for long. */
    Hop toOwnExecutor() {
        return new Hop(lastResort, this);
    }

    /**
     * Goes on with the task on the executor. Never throws, and never runs either argument on the calling thread, unless the user's executor does.
     *
     * @param ifRefused what to do, on a thread of our own, if the executor does not take the task
     */
    public void run(Runnable task, Consumer<? super Throwable> ifRefused) {
        Runnable carried = carried(task);
        try {
            executor.execute(carried);
        } catch (Throwable refused) {
            lastResort.execute(carried(() -> ifRefused.accept(refused)));
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
}
