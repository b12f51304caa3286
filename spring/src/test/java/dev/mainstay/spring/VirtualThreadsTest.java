package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.spring.annotation.TimeLimiter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** A virtual thread is interrupted by a time limit as any other. */
class VirtualThreadsTest {

    static class Client {

        @TimeLimiter(name = "short", timeoutDuration = "20ms")
        public String forever() throws InterruptedException {
            new CountDownLatch(1).await();
            return "";
        }
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void areInterruptedWhenTheTimeIsUp() throws Exception {
        try (AnnotationConfigApplicationContext context = Contexts.start(Client.class)) {
            Client client = context.getBean(Client.class);
            CompletableFuture<Throwable> end = new CompletableFuture<>();
            Runnable call = () -> {
                try {
                    end.complete(new AssertionError(client.forever()));
                } catch (Exception failure) {
                    end.complete(failure);
                }
            };

            Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, call);

            assertThat(end.get()).isInstanceOf(CallTimeoutException.class);
        }
    }
}
