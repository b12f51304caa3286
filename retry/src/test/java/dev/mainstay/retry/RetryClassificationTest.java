package dev.mainstay.retry;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which exceptions are retried: of all rules that match, the one for the most specific type wins. */
class RetryClassificationTest {

    /** E0 ← E1 ← E2, and an S beside each that is a subtype of it and of no other. */
    private static class E0 extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private static class E0S extends E0 {
        private static final long serialVersionUID = 1L;
    }

    private static class E1 extends E0 {
        private static final long serialVersionUID = 1L;
    }

    private static class E1S extends E1 {
        private static final long serialVersionUID = 1L;
    }

    private static class E2 extends E1 {
        private static final long serialVersionUID = 1L;
    }

    private static class E2S extends E2 {
        private static final long serialVersionUID = 1L;
    }

    private enum Rules {
        A,
        B,
        C;

        RetryConfig.Builder in(RetryConfig.Builder config) {
            return switch (this) {
                case A -> config.retryExceptions(E0.class, E2.class).ignoreExceptions(E1.class);
                case B -> config.retryExceptions(Exception.class, E1.class).ignoreExceptions(E0.class, E2.class);
                case C -> config.ignoreExceptions(E0.class, E1S.class).retryExceptions(E1.class);
            };
        }

        Set<Class<? extends Throwable>> retried() {
            return switch (this) {
                case A -> Set.of(E0.class, E0S.class, E2.class, E2S.class);
                case B -> Set.of(Exception.class, E1.class, E1S.class, RuntimeException.class);
                case C -> Set.of(E1.class, E2.class, E2S.class);
            };
        }
    }

    static Stream<Arguments> rows() {
        return Stream.of(Rules.values())
                .flatMap(rules -> Stream.of(
                                new Exception(),
                                new E0(),
                                new E0S(),
                                new E1(),
                                new E1S(),
                                new E2(),
                                new E2S(),
                                new RuntimeException(),
                                new Error())
                        .map(thrown -> Arguments.of(rules, thrown)));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theMostSpecificRuleWins(Rules rules, Throwable thrown) {
        boolean retried = rules.retried().contains(thrown.getClass());
        scenario(rules::in)
                .inEveryMode(run ->
                        run.call(Script.failing(thrown)).failedWith(thrown).afterExecutions(retried ? 3 : 1));
    }

    @Test
    void withoutRulesEveryExceptionIsRetried() {
        scenario(c -> c).inEveryMode(run -> {
            run.call(Script.failing(new E1())).afterExecutions(3);
            run.call(Script.failing(new IllegalArgumentException())).afterExecutions(3);
        });
    }

    @Test
    void ignoringSomeRetriesAllOthers() {
        scenario(c -> c.ignoreExceptions(E1.class)).inEveryMode(run -> {
            run.call(Script.failing(new E2())).afterExecutions(1);
            run.call(Script.failing(new E0())).afterExecutions(3);
        });
    }

    @Test
    void predicatesAreAskedWhereNoTypeIsNamed() {
        scenario(c -> c.ignoreExceptions(E1.class)
                        .retryOnException(failure -> "again".equals(failure.getMessage()))
                        .ignoreException(failure -> "enough".equals(failure.getMessage())))
                .inEveryMode(run -> {
                    run.call(Script.failing(new IOException("again"))).afterExecutions(3);
                    run.call(Script.failing(new IOException("enough"))).afterExecutions(1);
                    run.call(Script.failing(new IOException("other"))).afterExecutions(1);
                    run.call(Script.failing(new E1())).afterExecutions(1);
                });
    }

    @Test
    void causesAreLookedAtOnlyIfAskedFor() {
        RuntimeException wrapped = new RuntimeException(new E1());
        scenario(c -> c.ignoreExceptions(E1.class))
                .inEveryMode(run -> run.call(Script.failing(wrapped)).afterExecutions(3));
        scenario(c -> c.ignoreExceptions(E1.class).inspectCauses(true))
                .inEveryMode(run -> run.call(Script.failing(wrapped)).afterExecutions(1));
    }

    @Test
    void anOverloadCanBeNamed() {
        scenario(c -> c.overloadExceptions(E1.class)
                        .backoff(Backoff.none())
                        .overloadBackoff(Backoff.fixed(Duration.ofSeconds(1))))
                .inEveryMode(run -> {
                    run.call(Script.of().fail(new E1()).succeed("ok")).afterTime(Duration.ofSeconds(1));
                    run.call(Script.of().fail(new E0()).succeed("ok")).afterTime(Duration.ZERO);
                });
    }

    @Test
    void thereAreTwentySevenRows() {
        assertThat(rows()).hasSize(27);
    }

    private static Scenario<Retry> scenario(UnaryOperator<RetryConfig.Builder> options) {
        return Scenario.named("classification")
                .with(time -> Retry.of(
                        "r",
                        options.apply(RetryConfig.builder()
                                        .backoff(Backoff.none())
                                        .budget(RetryBudget.none())
                                        .timeSource(time))
                                .build()));
    }
}
