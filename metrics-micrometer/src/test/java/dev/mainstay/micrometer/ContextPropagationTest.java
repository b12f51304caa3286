package dev.mainstay.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ThreadLocalAccessor;
import io.micrometer.observation.Observation;
import io.micrometer.tracing.test.simple.SimpleSpan;
import io.micrometer.tracing.test.simple.SpansAssert;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** Trace and MDC go wherever a call goes on on another thread; that thread has afterwards what it had before. */
class ContextPropagationTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final TracedThreads threads = new TracedThreads();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    @AfterEach
    void thisThreadIsLeftAsItWas() {
        assertThat(threads.seen()).isEqualTo("no trace, order null");
    }

    private Pipeline pipeline(Executor executor, Policy... policies) {
        return Pipeline.builder("inventory")
                .policies(policies)
                .executor(executor)
                .contextCarrier(threads.carrier())
                .build();
    }

    private Observed observed(Executor executor, Policy... policies) {
        return Observed.of(pipeline(executor, policies), threads.registry());
    }

    private Retry retry() {
        return Retry.of("again", c -> c.backoff(Backoff.fixed(SECOND)).timeSource(time));
    }

    private void note() {
        seen.add(threads.seen());
    }

    private String noteAndAnswer() {
        note();
        return "ok";
    }

    private CompletableFuture<String> noteAndFail() {
        note();
        return CompletableFuture.failedFuture(new IOException());
    }

    // ---- each hop

    @Test
    void aBodyOnAThreadOfABulkheadSeesTheTraceAndTheMdcOfItsCaller() throws Exception {
        ThreadPoolBulkhead pool = ThreadPoolBulkhead.of("pool", c -> c.executor(threads.others()));
        Observed observed = observed(threads.queue(), pool);

        String mine = threads.in(
                "mine", () -> assertThat(observed.get(this::noteAndAnswer)).isEqualTo("ok"));

        threads.join();
        assertThat(seen).containsExactly(mine);
    }

    @Test
    void soDoesOneThatWaitedInItsQueueAndWhatDependsOnIt() {
        ThreadPoolBulkhead pool = ThreadPoolBulkhead.of(
                "pool",
                c -> c.maxThreads(1)
                        .executor(threads.queue())
                        .contextCarrier(threads.carrier())
                        .timeSource(time));
        Observed observed = Observed.of(pool, threads.registry());
        threads.in("the first", () -> observed.callAsync(() -> CompletableFuture.completedFuture("first")));

        String mine = threads.in(
                "mine",
                () -> observed.callAsync(() -> CompletableFuture.completedFuture(noteAndAnswer()))
                        .thenRun(this::note));
        threads.runQueue();
        // By way of a thread of ours, onto the executor's.
        threads.asSomebodyElse(time::runDue);
        threads.runQueue();

        assertThat(seen).containsExactly(mine, mine);
    }

    @Test
    void whatDependsOnACallWhoseDeadlineComesInTheQueueSeesThem() {
        ThreadPoolBulkhead pool = ThreadPoolBulkhead.of(
                "pool",
                c -> c.maxThreads(1)
                        .executor(threads.queue())
                        .contextCarrier(threads.carrier())
                        .timeSource(time));
        pool.submit(() -> "first");

        String mine = threads.in(
                "mine",
                () -> Observed.of(pool, threads.registry())
                        .with(ctx -> ctx.deadline(Deadline.after(SECOND, time)))
                        .callAsync(() -> CompletableFuture.completedFuture("never"))
                        .whenComplete((result, failure) -> note()));
        threads.asSomebodyElse(() -> time.advance(SECOND));

        assertThat(seen).containsExactly(mine);
    }

    @Test
    void aBodyOnTheExecutorOfATimeLimiterSeesThem() throws Exception {
        TimeLimiter limiter = TimeLimiter.of(
                "limit",
                c -> c.timeoutDuration(Duration.ofMinutes(1))
                        .onExecutor(threads.others())
                        .contextCarrier(threads.carrier()));
        Observed observed = Observed.of(limiter, threads.registry());

        String mine = threads.in(
                "mine", () -> assertThat(observed.get(this::noteAndAnswer)).isEqualTo("ok"));

        threads.join();
        assertThat(seen).containsExactly(mine);
    }

    @Test
    void anAttemptAfterAWaitSeesThemAndSoDoesWhatDependsOnIt() {
        Observed observed = observed(threads.queue(), retry());

        String mine = threads.in(
                "mine",
                () -> observed.callAsync(() ->
                                seen.isEmpty() ? noteAndFail() : CompletableFuture.completedFuture(noteAndAnswer()))
                        .thenRun(this::note));
        threads.asSomebodyElse(() -> time.advance(SECOND));
        threads.runQueue();

        assertThat(seen).containsExactly(mine, mine, mine);
    }

    @Test
    void anExecutorThatRunsItsTasksAtOnceRunsThemThereToo() {
        Observed observed = observed(Runnable::run, retry());

        String mine = threads.in(
                "mine",
                () -> observed.callAsync(() ->
                                seen.isEmpty() ? noteAndFail() : CompletableFuture.completedFuture(noteAndAnswer()))
                        .thenRun(this::note));
        threads.asSomebodyElse(() -> time.advance(SECOND));

        assertThat(seen).containsExactly(mine, mine, mine);
    }

    @Test
    void aCallThatWaitedForASlotSeesThem() {
        Bulkhead bulkhead = Bulkhead.of(
                "gate",
                c -> c.maxConcurrentCalls(1)
                        .maxWaitDuration(Duration.ofMinutes(1))
                        .timeSource(time));
        Observed observed = observed(threads.queue(), bulkhead);
        CompletableFuture<String> first = new CompletableFuture<>();
        threads.in("the first", () -> observed.callAsync(() -> first));

        String mine = threads.in(
                "mine",
                () -> observed.callAsync(() -> CompletableFuture.completedFuture(noteAndAnswer()))
                        .thenRun(this::note));
        threads.asSomebodyElse(() -> first.complete("done"));
        // By way of a thread of ours, onto the executor's.
        threads.asSomebodyElse(time::runDue);
        threads.runQueue();

        assertThat(seen).containsExactly(mine, mine);
    }

    @Test
    void whatDependsOnACallThatWaitedInVainSeesThem() {
        Bulkhead bulkhead = Bulkhead.of(
                "gate", c -> c.maxConcurrentCalls(1).maxWaitDuration(SECOND).timeSource(time));
        Observed observed = observed(threads.queue(), bulkhead);
        bulkhead.acquirePermit();

        String mine = threads.in(
                "mine",
                () -> observed.callAsync(() -> CompletableFuture.completedFuture("never"))
                        .whenComplete((result, failure) -> note()));
        // On a thread of ours, whatever the executor does.
        threads.asSomebodyElse(() -> time.advance(SECOND));

        assertThat(seen).containsExactly(mine);
    }

    @Test
    void whatDependsOnACallThatTimesOutSeesThem() {
        TimeLimiter limiter =
                TimeLimiter.of("limit", c -> c.timeoutDuration(SECOND).timeSource(time));
        Observed observed = observed(threads.queue(), limiter);

        String mine = threads.in(
                "mine",
                () -> observed.callAsync(CompletableFuture::new).whenComplete((result, failure) -> {
                    assertThat(failure).isInstanceOf(CallTimeoutException.class);
                    note();
                }));
        threads.asSomebodyElse(() -> time.advance(SECOND));

        assertThat(seen).containsExactly(mine);
    }

    @Test
    void aSubmittedCallSeesThemAndIsAChildOfWhatItsCallerDid() {
        Observed observed = observed(Runnable::run);

        String mine = threads.in(
                "mine",
                () -> observed.submit(threads.queue(), this::noteAndAnswer).thenRun(this::note));
        threads.runQueue();

        assertThat(seen).containsExactly(mine, mine);
    }

    // ---- what is not there

    @Test
    void aCallWithoutATraceDoesNotRunInThatOfTheThread() {
        Pipeline pipeline = pipeline(threads.queue(), retry());

        pipeline.callAsync(() -> seen.isEmpty() ? noteAndFail() : CompletableFuture.completedFuture(noteAndAnswer()));
        time.advance(SECOND);
        threads.runQueue();

        assertThat(seen).containsExactly("no trace, order null", "no trace, order null");
    }

    @Test
    void anEntryOfTheMdcThatTheCallerDoesNotHaveIsOutOfSight() {
        List<String> left = new CopyOnWriteArrayList<>();

        threads.in(
                "mine",
                () -> pipeline(Runnable::run).submit(threads.queue(), () -> left.add(String.valueOf(MDC.get("left")))));
        threads.runQueue();

        assertThat(left).containsExactly("null");
    }

    @Test
    void whatABodyLeavesBehindOnTheThreadIsGone() {
        pipeline(Runnable::run).submit(threads.queue(), () -> {
            MDC.put("forgotten", "by the body");
            return "ok";
        });

        threads.runQueue();
        assertThat(MDC.get("forgotten")).isNull();
    }

    @Test
    void withoutACarrierTheThreadKeepsWhatItHas() {
        String mine = threads.in("mine", () -> Pipeline.of("inventory").submit(threads.queue(), this::noteAndAnswer));
        threads.runQueue();

        assertThat(seen).singleElement().asString().isNotEqualTo(mine).endsWith("order of somebody else");
    }

    // ---- which thread-locals

    @Test
    void unlessARegistryIsGivenWhatIsKnownToTheCommonOneIsCarried() {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        ContextRegistry common = ContextRegistry.getInstance();
        ContextCarrier carrier = ContextPropagation.carrier();
        common.registerThreadLocalAccessor(new ThreadLocalAccessor<String>() {
            @Override
            public Object key() {
                return "tenant";
            }

            @Override
            public String getValue() {
                return tenant.get();
            }

            @Override
            public void setValue(String value) {
                tenant.set(value);
            }

            @Override
            public void setValue() {
                tenant.remove();
            }
        });
        try {
            tenant.set("red");
            ContextCarrier.Snapshot snapshot = carrier.capture();
            tenant.set("blue");
            try (ContextCarrier.Restore before = snapshot.open()) {
                assertThat(before).isNotNull();
                assertThat(tenant.get()).isEqualTo("red");
            }
            assertThat(tenant.get()).isEqualTo("blue");
        } finally {
            common.removeThreadLocalAccessor("tenant");
            tenant.remove();
        }
    }

    @Test
    void aRegistryThatIsMissingIsToldAtOnce() {
        assertThat(catchThrowable(() -> ContextPropagation.carrier(null)))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("registry");
    }

    // ---- spans

    @Test
    void aTraceShowsTheCallWithItsEventsBelowWhatTheCallerDidAndAboveWhatTheBodyDid() {
        Observed observed = observed(threads.queue(), retry());

        threads.in(
                "mine",
                () -> observed.callAsync(() -> {
                    Observation.createNotStarted("query", threads.registry()).observe(() -> {});
                    return seen.isEmpty() ? noteAndFail() : CompletableFuture.completedFuture(noteAndAnswer());
                }));
        time.advance(SECOND);
        threads.runQueue();

        SpansAssert.assertThat(threads.tracer().getSpans())
                .hasASpanWithName(
                        "inventory",
                        span -> span.hasTag("name", "inventory")
                                .hasTag("outcome", "success")
                                .hasTag("exception", "none")
                                .hasEventWithNameEqualTo("attempt 1")
                                .hasEventWithNameEqualTo("retry 'again': attempt 2 in 1s after java.io.IOException")
                                .hasEventWithNameEqualTo("attempt 2")
                                .isEnded());
        SimpleSpan request = span("request mine");
        SimpleSpan call = span("inventory");
        assertThat(call.getParentId()).isEqualTo(request.getSpanId());
        assertThat(call.getTraceId()).isEqualTo(request.getTraceId());
        assertThat(threads.tracer().getSpans())
                .filteredOn(span -> span.getName().equals("query"))
                .hasSize(2)
                .allSatisfy(query -> assertThat(query.getParentId()).isEqualTo(call.getSpanId()));
    }

    private SimpleSpan span(String name) {
        return threads.tracer().getSpans().stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
