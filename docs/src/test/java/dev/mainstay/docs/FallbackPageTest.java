package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TypedPipeline;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FallbackPageTest {

    private static final Stock NONE = new Stock("sku-7", 0);

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);
    private final TimeLimiter limiter =
            TimeLimiter.of("inventory", config -> config.timeSource(time).timeoutDuration(Duration.ofMillis(300)));
    private final Pipeline pipeline = Pipeline.of("inventory", limiter);

    @Test
    void thePageListsEveryOptionOfTheBuilder() {
        Set<String> options = Arrays.stream(Fallback.Builder.class.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .map(Method::getName)
                .filter(name -> !name.equals("build"))
                .collect(Collectors.toSet());

        assertThat(new PolicyPage("fallback").defaults().keySet()).isEqualTo(options);
        assertThat(new PolicyPage("fallback").meters()).isEmpty();
    }

    @Test
    void usage() throws IOException {
        client.failsTimes(1);
        // begin: usage
        TypedPipeline<Stock> inventory = pipeline.withFallback(Fallback.of(Stock.unknown("sku-7")));

        Stock stock = inventory.call(() -> client.stockOf("sku-7"));
        // end: usage
        assertThat(stock).isEqualTo(Stock.unknown("sku-7"));
        assertThat(inventory.call(() -> client.stockOf("sku-7")).pieces()).isEqualTo(7);
    }

    @Test
    void byType() throws IOException {
        // begin: by-type
        Fallback<Stock> fallback = Fallback.<Stock>builder()
                .on(FileNotFoundException.class, failure -> new Stock("sku-7", 0))
                .on(CallRejectedException.class, failure -> Stock.unknown("sku-7"))
                .on(CallTimeoutException.class, failure -> Stock.unknown("sku-7"))
                .build();
        // end: by-type
        TypedPipeline<Stock> inventory = pipeline.withFallback(fallback);
        client.failsWith(new FileNotFoundException("no such item"), new IOException("connection refused"));
        assertThat(inventory.call(() -> client.stockOf("sku-7"))).isEqualTo(NONE);
        assertThatThrownBy(() -> inventory.call(() -> client.stockOf("sku-7"))).isExactlyInstanceOf(IOException.class);
        client.takes(Duration.ofSeconds(1));
        assertThat(inventory.call(() -> client.stockOf("sku-7"))).isEqualTo(Stock.unknown("sku-7"));
    }

    @Test
    void lastGood() throws IOException {
        // begin: last-good
        Fallback<Stock> lastGood = Fallback.lastGood(Duration.ofMinutes(5));
        // end: last-good
        CheckedSupplier<Stock, IOException> call = lastGood.decorate(() -> client.stockOf("sku-7"));
        call.call();
        client.failsTimes(1);
        assertThat(call.call().pieces()).isEqualTo(7);
    }

    @Test
    void context() throws IOException {
        client.failsTimes(1);
        // begin: context
        TypedPipeline<Stock> inventory = pipeline.with(ctx -> ctx.key("sku-7"))
                .withFallback(Fallback.ofFunctionWithContext((failure, ctx) -> Stock.unknown((String) ctx.key())));
        // end: context
        assertThat(inventory.call(() -> client.stockOf("sku-7"))).isEqualTo(Stock.unknown("sku-7"));
    }

    @Test
    void lastGoodPerKey() throws IOException {
        String item = "sku-7";
        // begin: last-good-per-key
        TypedPipeline<Stock> inventory =
                pipeline.with(ctx -> ctx.key(item)).withFallback(Fallback.lastGoodPerKey(Duration.ofMinutes(5), 1_000));
        // end: last-good-per-key
        inventory.call(() -> client.stockOf(item));
        client.failsTimes(2);
        assertThat(inventory.call(() -> client.stockOf(item)).pieces()).isEqualTo(7);
        TypedPipeline<Stock> other = inventory.with(ctx -> ctx.key("sku-8"));
        assertThat(inventory
                        .fallback()
                        .handles(new IOException(), CallContext.plain().key("sku-8")))
                .isFalse();
        assertThat(other.fallback()).isSameAs(inventory.fallback());
    }

    @Test
    void onResult() throws IOException {
        // begin: on-result
        Fallback<Stock> fallback = Fallback.<Stock>builder()
                .onResult(stock -> stock.pieces() < 0, stock -> Stock.unknown(stock.item()))
                .build();
        // end: on-result
        TypedPipeline<Stock> inventory = pipeline.withFallback(fallback);
        assertThat(inventory.call(() -> new Stock("sku-7", -2))).isEqualTo(Stock.unknown("sku-7"));
        assertThat(inventory.call(() -> client.stockOf("sku-7")).pieces()).isEqualTo(7);
    }

    @Test
    void stage() throws Exception {
        client.failsTimes(2);
        Pipeline otherRegion = Pipeline.of("other region", TimeLimiter.of("other region", c -> c.timeSource(time)));
        // begin: stage
        TypedPipeline<Stock> inventory = pipeline.withFallback(
                Fallback.<Stock>ofStage(failure -> otherRegion.callAsync(() -> client.stockOfAsync("sku-7"))));
        // end: stage
        assertThatThrownBy(() -> inventory.call(() -> client.stockOf("sku-7")))
                .hasMessage("connection refused, 2")
                .satisfies(failure -> assertThat(failure.getSuppressed()[0]).hasMessage("connection refused, 1"));
        client.failsTimes(1);
        assertThat(inventory.call(() -> client.stockOf("sku-7")).pieces()).isEqualTo(7);
        client.failsTimes(1).takes(Duration.ofMillis(200));
        assertThat(time.await(inventory.callAsync(() -> client.stockOfAsync("sku-7")))
                        .pieces())
                .isEqualTo(7);
    }

    @Test
    void adapter() {
        CallContext context = CallContext.plain();
        Fallback<Stock> fallback = Fallback.of(Stock.unknown("sku-7"));
        CompletableFuture<Stock> call = CompletableFuture.failedFuture(new IOException("down"));
        // begin: adapter
        CompletableFuture<Stock> stock = call.thenApply(result -> fallback.succeeded(result, context))
                .exceptionallyCompose(failure -> fallback.answer(Stages.unwrap(failure), context));
        // end: adapter
        assertThat(stock).isCompletedWithValue(Stock.unknown("sku-7"));
    }

    @Test
    void theLastGoodValueIsNotServedBeyondItsAge() throws IOException {
        Fallback<Stock> lastGood = Fallback.<Stock>builder()
                .lastGood(Duration.ofMinutes(5))
                .timeSource(time)
                .build();
        CheckedSupplier<Stock, IOException> call = lastGood.decorate(() -> client.stockOf("sku-7"));
        call.call();
        client.failsTimes(2);
        time.advance(Duration.ofMinutes(5));
        assertThat(call.call().pieces()).isEqualTo(7);
        time.advance(Duration.ofMillis(1));
        assertThatThrownBy(call::call).isInstanceOf(IOException.class);
    }

    @Test
    void inside() throws IOException {
        client.failsTimes(1);
        Fallback<Stock> fallback = Fallback.of(Stock.unknown("sku-7"));
        // begin: inside
        Stock stock = pipeline.call(fallback.decorate(() -> client.stockOf("sku-7")));
        // end: inside
        assertThat(stock).isEqualTo(Stock.unknown("sku-7"));
    }

    @Test
    void aroundAnyGuard() throws IOException {
        client.failsTimes(1);
        Fallback<Stock> fallback = Fallback.of(Stock.unknown("sku-7"));
        // begin: around
        Stock stock = fallback.decorate(() -> limiter.call(() -> client.stockOf("sku-7")))
                .call();
        // end: around
        assertThat(stock).isEqualTo(Stock.unknown("sku-7"));
    }

    @Test
    void async() throws Exception {
        client.failsTimes(1);
        TypedPipeline<Stock> inventory = pipeline.withFallback(Fallback.of(Stock.unknown("sku-7")));
        // begin: async
        CompletableFuture<Stock> stock = inventory.callAsync(() -> client.stockOfAsync("sku-7"));
        // end: async
        assertThat(time.await(stock)).isEqualTo(Stock.unknown("sku-7"));
    }

    @Test
    void aFallbackThatFailsCarriesTheFirstFailure() {
        client.failsTimes(1);
        TypedPipeline<Stock> inventory = pipeline.withFallback(Fallback.ofSupplier(() -> {
            throw new IllegalStateException("no cache");
        }));

        assertThatThrownBy(() -> inventory.call(() -> client.stockOf("sku-7")))
                .isInstanceOf(IllegalStateException.class)
                .satisfies(failure ->
                        assertThat(failure.getSuppressed()).singleElement().isInstanceOf(IOException.class));
    }

    @Test
    void interruptsCancellationsAndErrorsPassThrough() {
        TypedPipeline<String> inventory = pipeline.withFallback(Fallback.of("instead"));

        assertThatThrownBy(() -> inventory.call(() -> {
                    throw new InterruptedException();
                }))
                .isInstanceOf(InterruptedException.class);
        assertThatThrownBy(() -> inventory.get(() -> {
                    throw new CancellationException();
                }))
                .isInstanceOf(CancellationException.class);
        assertThatThrownBy(() -> inventory.get(() -> {
                    throw new StackOverflowError();
                }))
                .isInstanceOf(StackOverflowError.class);
    }

    @Test
    void theFirstCaseThatMatchesAnswers() throws IOException {
        client.failsWith(new FileNotFoundException("no such item"));
        Fallback<String> fallback = Fallback.<String>builder()
                .on(IOException.class, failure -> "first")
                .on(FileNotFoundException.class, failure -> "more specific")
                .build();

        assertThat(fallback.decorate(() -> client.stockOf("sku-7").item()).call())
                .isEqualTo("first");
    }
}
