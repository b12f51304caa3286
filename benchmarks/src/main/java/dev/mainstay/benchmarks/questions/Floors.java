package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Call;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** What do the things cost that policies are made of? */
public class Floors extends Question<Call> {

    @Param
    public Thing thing = Thing.PLAIN_CALL;

    /** One of them. */
    public enum Thing {
        PLAIN_CALL,
        NANO_TIME,
        NANO_TIME_TWICE,
        COMPARE_AND_SET,
        ATOMIC_ADD,
        LONG_ADDER,
        REENTRANT_LOCK,
        SEMAPHORE,
        THROW_WITHOUT_TRACE
    }

    @Override
    public String asks() {
        return "What do the things cost that policies are made of?";
    }

    @Override
    public @Nullable Call answerOf(Contender contender) {
        return contender.name().equals(Contenders.FLOOR) ? call(thing) : null;
    }

    private static Call call(Thing thing) {
        return switch (thing) {
            case PLAIN_CALL -> Bodies.returning()::get;
            case NANO_TIME -> () -> System.nanoTime() == 0;
            case NANO_TIME_TWICE ->
                () -> {
                    long start = System.nanoTime();
                    return System.nanoTime() == start;
                };
            case COMPARE_AND_SET -> {
                AtomicLong number = new AtomicLong();
                yield () -> {
                    long before = number.get();
                    return number.compareAndSet(before, before + 1);
                };
            }
            case ATOMIC_ADD -> {
                AtomicLong number = new AtomicLong();
                yield () -> number.getAndIncrement() == 0;
            }
            case LONG_ADDER -> {
                LongAdder number = new LongAdder();
                yield () -> {
                    number.increment();
                    return number;
                };
            }
            case REENTRANT_LOCK -> {
                ReentrantLock lock = new ReentrantLock();
                yield () -> {
                    lock.lock();
                    try {
                        return lock;
                    } finally {
                        lock.unlock();
                    }
                };
            }
            case SEMAPHORE -> {
                Semaphore semaphore = new Semaphore(25);
                yield () -> {
                    semaphore.acquire();
                    semaphore.release();
                    return semaphore;
                };
            }
            case THROW_WITHOUT_TRACE ->
                () -> {
                    try {
                        throw new Stackless();
                    } catch (Stackless thrown) {
                        return thrown;
                    }
                };
        };
    }

    @Benchmark
    public Object call() throws Throwable {
        return answer().make();
    }

    private static final class Stackless extends Exception {

        private static final long serialVersionUID = 1;

        Stackless() {
            super("rejected", null, false, false);
        }
    }
}
