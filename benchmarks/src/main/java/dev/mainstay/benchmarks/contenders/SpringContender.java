package dev.mainstay.benchmarks.contenders;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.core.retry.RetryTemplate;
import org.springframework.core.retry.Retryable;

/** The {@code RetryTemplate} of Spring's core, which is all that it has without proxies. */
final class SpringContender implements Contender {

    @Override
    public String name() {
        return "spring";
    }

    @Override
    public @Nullable Protection policies(Composition composition) {
        if (!composition.kinds().equals(List.of(PolicyKind.RETRY)) || composition.measured()) {
            return null;
        }
        RetryTemplate template = template();
        return body -> {
            Retryable<Object> own = body::get;
            return () -> template.execute(own);
        };
    }

    private static RetryTemplate template() {
        return new RetryTemplate(
                RetryPolicy.builder().maxRetries(2).delay(Duration.ZERO).build());
    }

    @Override
    public @Nullable Supplier<Object> instances(PolicyKind kind) {
        return kind == PolicyKind.RETRY ? SpringContender::template : null;
    }
}
