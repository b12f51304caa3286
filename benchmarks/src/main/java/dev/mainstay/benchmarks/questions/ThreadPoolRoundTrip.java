package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Protection;
import dev.mainstay.benchmarks.contenders.ThreadKind;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** How long does a call take that is handed to a pool of threads and waited for? */
public class ThreadPoolRoundTrip extends Question<Protection> {

    @Param
    public ThreadKind threads = ThreadKind.PLATFORM;

    @Override
    public String asks() {
        return "How long does a call take that is handed to a pool of threads and waited for?";
    }

    @Override
    public @Nullable Protection answerOf(Contender contender) {
        return contender.threadPool(threads);
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(ThreadPoolRoundTrip question) {
            call = question.answer().around(Bodies.returning());
        }
    }
}
