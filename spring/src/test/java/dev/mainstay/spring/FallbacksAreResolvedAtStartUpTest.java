package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.Fallback;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.stereotype.Component;

/** Where a fallback may be and what it may look like; one that is missing or does not fit stops the start. */
class FallbacksAreResolvedAtStartUpTest {

    static class Client {

        @CircuitBreaker(name = "client", fallback = "offline")
        public String stock(String item, int count) throws IOException {
            return fail(item);
        }

        @SuppressWarnings("UnusedMethod") // a fallback
        private String offline(String item, int count, IOException failure) {
            return "no connection for " + count + " " + item + ": " + failure.getMessage();
        }

        String offline(String item, int count, FileNotFoundException failure) {
            return "no such " + item;
        }

        static String offline(Exception failure) {
            return "any: " + failure.getMessage();
        }

        @CircuitBreaker(name = "client", fallback = "defaults::price")
        public int price(String item) throws IOException {
            fail(item);
            return 1;
        }

        @Fallback("dev.mainstay.spring.FallbacksAreResolvedAtStartUpTest$Defaults::none")
        public List<String> names(String item) throws IOException {
            fail(item);
            return List.of(item);
        }

        @CircuitBreaker(
                name = "client",
                fallback = {"now", "soon"})
        public CompletableFuture<String> later(String item) {
            return CompletableFuture.failedFuture(
                    item.equals("io") ? new IOException("gone") : new IllegalStateException("odd"));
        }

        String now(IOException failure) {
            return "now";
        }

        CompletionStage<String> soon(String item, IllegalStateException failure) {
            return CompletableFuture.completedFuture("soon for " + item);
        }

        @CircuitBreaker(name = "client", fallback = "nothing")
        public void report(String item) throws IOException {
            fail(item);
        }

        void nothing() {}

        @CircuitBreaker(name = "client", fallback = "worse")
        public String bad(String item) throws IOException {
            return fail(item);
        }

        String worse(Throwable failure) throws IOException {
            throw new IOException("worse");
        }

        private static String fail(String item) throws IOException {
            switch (item) {
                case "io" -> throw new IOException("gone");
                case "file" -> throw new FileNotFoundException(item);
                case "interrupt" -> throw Failures.as(new InterruptedException());
                default -> throw new IllegalStateException("odd");
            }
        }
    }

    @Component("defaults")
    static class Defaults {

        int price(String item, Exception failure) {
            return 42;
        }

        static List<String> none(String item) {
            return List.of("none of " + item);
        }
    }

    private static AnnotationConfigApplicationContext context;
    private static Client client;

    @BeforeAll
    static void start() {
        context = Contexts.start(Client.class, Defaults.class);
        client = context.getBean(Client.class);
    }

    @AfterAll
    static void end() {
        context.close();
    }

    @Test
    void theMostSpecificOneAnswersAtAnyVisibility() throws IOException {
        assertThat(client.stock("io", 3)).isEqualTo("no connection for 3 io: gone");
        assertThat(client.stock("file", 3)).isEqualTo("no such file");
        assertThat(client.stock("other", 3)).isEqualTo("any: odd");
    }

    @Test
    void aMethodOfAnotherBeanAnswers() throws IOException {
        assertThat(client.price("io")).isEqualTo(42);
    }

    @Test
    void aStaticMethodOfAnyClassAnswers() throws IOException {
        assertThat(client.names("io")).containsExactly("none of io");
    }

    @Test
    void forAStageAValueAnswersOrAStage() {
        assertThat(client.later("io")).isCompletedWithValue("now");
        assertThat(client.later("other")).isCompletedWithValue("soon for other");
    }

    @Test
    void aMethodWithoutResultHasAFallbackWithoutOne() throws IOException {
        client.report("io");
    }

    @Test
    void whatAFallbackThrowsComesOutWithTheFailureInIt() {
        assertThatThrownBy(() -> client.bad("io"))
                .isInstanceOf(IOException.class)
                .hasMessage("worse")
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("gone"));
    }

    @Test
    void anInterruptIsNotAnswered() {
        assertThatThrownBy(() -> client.stock("interrupt", 1)).hasRootCauseInstanceOf(InterruptedException.class);
    }

    @Test
    void anOpenBreakerDoesNotRejectTheFallback() throws IOException {
        context.getBean(PolicyCatalog.class)
                .policy(dev.mainstay.breaker.CircuitBreaker.class, "client", java.util.Map.of())
                .transitionToForcedOpenState();
        try {
            assertThat(client.stock("io", 1)).startsWith("any: ").contains("client");
        } finally {
            context.getBean(PolicyCatalog.class)
                    .policy(dev.mainstay.breaker.CircuitBreaker.class, "client", java.util.Map.of())
                    .reset();
        }
    }

    /** A look-up at the time of the first failure would be a race. */
    @Test
    void manyFailuresAtOnceAreAllAnswered() {
        List<String> answers = IntStream.range(0, 10_000)
                .parallel()
                .mapToObj(i -> {
                    try {
                        return client.stock("file", i);
                    } catch (IOException failure) {
                        return failure.toString();
                    }
                })
                .distinct()
                .toList();

        assertThat(answers)
                .contains("no such file")
                .allMatch(answer -> answer.equals("no such file") || answer.startsWith("any: 'client' rejected"));
    }

    static class Missing {

        @CircuitBreaker(name = "x", fallback = "offline")
        public String stock(String item, int count) {
            return item;
        }
    }

    @Test
    void oneThatIsMissingStopsTheStartAndIsWrittenOut() {
        assertThat(Contexts.whyNot(Missing.class))
                .contains("Missing.stock(String, int): its fallback 'offline' is not there")
                .contains("String offline(String item, int count, Exception failure)");
    }

    static class OtherParameters {

        @CircuitBreaker(name = "x", fallback = "offline")
        public String stock(String item, int count) {
            return item;
        }

        String offline(int count, String item) {
            return item;
        }
    }

    @Test
    void oneWithOtherParametersStopsTheStart() {
        assertThat(Contexts.whyNot(OtherParameters.class))
                .contains("does not fit: there is [String offline(int, String)]")
                .contains("String offline(String item, int count, Exception failure)");
    }

    static class OtherResult {

        @CircuitBreaker(name = "x", fallback = "offline")
        public List<String> stock(String item) {
            return List.of();
        }

        List<Integer> offline(String item) {
            return List.of();
        }
    }

    @Test
    void oneWithAnotherResultStopsTheStart() {
        assertThat(Contexts.whyNot(OtherResult.class))
                .contains("List<Integer> offline(String) gives what the method does not give")
                .contains("List<String> offline(String item, Exception failure)");
    }

    static class OtherStage {

        @CircuitBreaker(name = "x", fallback = "offline")
        public CompletableFuture<String> stock() {
            return new CompletableFuture<>();
        }

        CompletableFuture<Integer> offline() {
            return new CompletableFuture<>();
        }
    }

    @Test
    void oneWithAStageOfAnotherValueStopsTheStart() {
        assertThat(Contexts.whyNot(OtherStage.class)).contains("gives what the method does not give");
    }

    static class Twins {

        @CircuitBreaker(
                name = "x",
                fallback = {"one", "other"})
        public String stock() {
            return "";
        }

        String one(IOException failure) {
            return "";
        }

        String other(IOException failure) {
            return "";
        }
    }

    @Test
    void twoThatAreEquallySpecificStopTheStart() {
        assertThat(Contexts.whyNot(Twins.class))
                .contains("two fallbacks are equally specific, for IOException")
                .contains("Let each take another type of failure");
    }

    static class ForErrors {

        @CircuitBreaker(name = "x", fallback = "offline")
        public String stock() {
            return "";
        }

        String offline(StackOverflowError failure) {
            return "";
        }
    }

    @Test
    void oneForAnErrorStopsTheStart() {
        assertThat(Contexts.whyNot(ForErrors.class)).contains("there is no fallback for an Error");
    }

    static class NoSuchBean {

        @CircuitBreaker(name = "x", fallback = "nobody::offline")
        public String stock() {
            return "";
        }
    }

    @Test
    void oneOfABeanThatIsNotThereStopsTheStart() {
        assertThat(Contexts.whyNot(NoSuchBean.class)).contains("neither a bean nor a class");
    }

    @Test
    void allMistakesAreToldAtOnce() {
        assertThat(Contexts.whyNot(Missing.class, Twins.class))
                .contains("2 annotated methods cannot be guarded")
                .contains("Missing.stock")
                .contains("Twins.stock");
    }
}
