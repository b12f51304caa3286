package dev.mainstay.reactor;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.SignalType;
import reactor.util.context.Context;

/** What a subscriber was told, in order; a failure by its simple name. */
final class Signals extends BaseSubscriber<Object> {

    final List<String> told = new CopyOnWriteArrayList<>();
    private final long demand;
    private final Context context;
    private final AtomicInteger inside = new AtomicInteger();
    final AtomicInteger overlaps = new AtomicInteger();
    Throwable failure;

    Signals() {
        this(Long.MAX_VALUE, Context.empty());
    }

    Signals(long demand, Context context) {
        this.demand = demand;
        this.context = context;
    }

    @Override
    public Context currentContext() {
        return context;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        if (demand > 0) {
            request(demand);
        }
    }

    @Override
    protected void hookOnNext(Object value) {
        tell(value.toString());
    }

    @Override
    protected void hookOnComplete() {
        tell("complete");
    }

    @Override
    protected void hookOnError(Throwable thrown) {
        failure = thrown;
        tell(thrown.getClass().getSimpleName());
    }

    @Override
    protected void hookFinally(SignalType type) {}

    private void tell(String signal) {
        if (inside.getAndIncrement() != 0) {
            overlaps.incrementAndGet();
        }
        told.add(signal);
        inside.decrementAndGet();
    }
}
