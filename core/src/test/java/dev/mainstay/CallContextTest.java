package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.event.Subscription;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CallContextTest {

    private static final ContextKey<String> TENANT = ContextKey.of("tenant", String.class);

    private final VirtualTime time = VirtualTime.create();
    private final Pipeline none = Pipeline.of("none");

    @Test
    void nothingIsKnownOfAPlainCall() {
        CallContext plain = CallContext.plain();

        assertThat(plain.attempt()).isEqualTo(1);
        assertThat(plain.lastFailure()).isNull();
        assertThat(plain.key()).isNull();
        assertThat(plain.cost()).isEqualTo(1);
        assertThat(plain.priority()).isEqualTo(Priority.NORMAL);
        assertThat(plain.idempotent()).isEqualTo(Idempotence.UNKNOWN);
        assertThat(plain.deadline()).isNull();
        assertThat(plain.remaining()).isEqualTo(Duration.ofNanos(Nanos.FOREVER));
        assertThat(plain.get(TENANT)).isNull();
        assertThat(CallContext.current()).isSameAs(plain);
    }

    @Test
    void whatIsSaidAboutACallIsSeenInItAndGoneAfterIt() {
        CallContext seen = none.with(ctx -> ctx.key("host")
                        .cost(3)
                        .priority(Priority.HIGH)
                        .idempotent(Idempotence.YES)
                        .with(TENANT, "acme"))
                .call(ctx -> {
                    assertThat(CallContext.current()).isSameAs(ctx);
                    return ctx;
                });

        assertThat(seen.key()).isEqualTo("host");
        assertThat(seen.cost()).isEqualTo(3);
        assertThat(seen.priority()).isEqualTo(Priority.HIGH);
        assertThat(seen.idempotent()).isEqualTo(Idempotence.YES);
        assertThat(seen.get(TENANT)).isEqualTo("acme");
        assertThat(seen)
                .hasToString("CallContext[attempt=1, key=host, priority=HIGH, cost=3, idempotent=YES, tenant=acme]");
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }

    @Test
    void aCallInsideInheritsDeadlinePriorityAndAttributesButNotWhatIsTheOuterCallsOwn() {
        Deadline deadline = Deadline.after(Duration.ofSeconds(5), time);
        CallContext inner = none.with(ctx -> ctx.key("host")
                        .cost(3)
                        .idempotent(Idempotence.NO)
                        .priority(Priority.HIGH)
                        .with(TENANT, "acme")
                        .deadline(deadline))
                .call(outer -> none.call(ctx -> ctx));

        assertThat(inner.deadline()).isEqualTo(deadline);
        assertThat(inner.priority()).isEqualTo(Priority.HIGH);
        assertThat(inner.get(TENANT)).isEqualTo("acme");
        assertThat(inner.key()).isNull();
        assertThat(inner.cost()).isEqualTo(1);
        assertThat(inner.idempotent()).isEqualTo(Idempotence.UNKNOWN);
    }

    @Test
    void anAttributeCanBeTakenAway() {
        CallContext context = CallContext.plain().with(TENANT, "acme").with(TENANT, null);

        assertThat(context.get(TENANT)).isNull();
    }

    @Test
    void theNearestDeadlineCounts() {
        Deadline near = Deadline.after(Duration.ofSeconds(1), time);
        Deadline far = Deadline.after(Duration.ofSeconds(9), time);

        assertThat(CallContext.plain().deadline(near).deadline(far).deadline()).isEqualTo(near);
        CallContext context = CallContext.plain().deadline(far).deadline(near);
        assertThat(context.deadline()).isEqualTo(near);
        assertThat(context.remaining()).isEqualTo(Duration.ofSeconds(1));
        assertThat(context.isOutOfTime()).isFalse();
        time.advance(Duration.ofSeconds(2));
        assertThat(context.remaining()).isZero();
        assertThat(context.isOutOfTime()).isTrue();
        assertThat(near.hasPassed()).isTrue();
        assertThat(near.remaining()).isZero();
    }

    @Test
    void aDeadlineInTheFarFutureIsNever() {
        Deadline never = Deadline.after(Duration.ofSeconds(Long.MAX_VALUE), time);

        time.advance(Duration.ofDays(365 * 100));
        assertThat(never.hasPassed()).isFalse();
    }

    @Test
    void aHookRunsOnceWhenTheCallIsCancelledAndNotIfItIsTakenBack() {
        List<String> ran = new ArrayList<>();
        CompletableFuture<Object> call = none.callAsync(ctx -> {
            ctx.onCancel(() -> ran.add("kept"));
            ctx.onCancel(() -> {
                ran.add("throws");
                throw new IllegalStateException("a hook that throws");
            });
            Subscription takenBack = ctx.onCancel(() -> ran.add("taken back"));
            takenBack.close();
            return new CompletableFuture<>();
        });

        call.cancel(true);
        call.cancel(true);

        assertThat(ran).containsExactlyInAnyOrder("kept", "throws");
    }

    @Test
    void aHookOfAnInnerCallRunsWhenTheOuterTimesOut() {
        List<String> ran = new ArrayList<>();
        TimeLimiter limiter = TimeLimiter.of(
                "limit", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time));
        CompletableFuture<Object> call = limiter.callAsync(outer -> none.callAsync(ctx -> {
            ctx.onCancel(() -> ran.add("cancelled"));
            return new CompletableFuture<>();
        }));

        time.advance(Duration.ofSeconds(1));

        assertThat(call).isCompletedExceptionally();
        assertThat(ran).containsExactly("cancelled");
    }

    @Test
    void aHookThatComesTooLateRunsAtOnce() {
        List<String> ran = new ArrayList<>();
        List<CallContext> contexts = new ArrayList<>();
        none.callAsync(ctx -> {
                    contexts.add(ctx);
                    return new CompletableFuture<>();
                })
                .cancel(true);

        contexts.get(0).onCancel(() -> ran.add("at once"));

        assertThat(ran).containsExactly("at once");
    }

    @Test
    void wrongValuesAreRefusedByName() {
        assertThatThrownBy(() -> CallContext.plain().cost(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cost is 0 but must be at least 1");
        assertThatThrownBy(() -> CallContext.plain().priority(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("priority");
        assertThatThrownBy(() -> none.with(ctx -> null).call(() -> "never"))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("with");
    }
}
