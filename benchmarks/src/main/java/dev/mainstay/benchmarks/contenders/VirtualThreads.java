package dev.mainstay.benchmarks.contenders;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** A virtual thread for each task, where the JDK has them: this module is compiled for 17, which has not. */
record VirtualThreads(ExecutorService executor) implements AutoCloseable {

    static @Nullable VirtualThreads open() {
        try {
            Object executor =
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
            return executor == null ? null : new VirtualThreads((ExecutorService) executor);
        } catch (NoSuchMethodException e) {
            return null;
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        executor.shutdown();
    }
}
