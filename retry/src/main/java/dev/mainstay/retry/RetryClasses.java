package dev.mainstay.retry;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.Preloading;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.safe.StackReserve;
import java.lang.invoke.MethodHandles;

/**
 * Classes that are first needed when a call is repeated, initialised when the first retry is built. A class whose
 * initialisation meets a full stack cannot be used ever after.
 */
final class RetryClasses {

    static {
        Preloading.load(
                MethodHandles.lookup(),
                Attempts.class,
                CallRejectedException.class,
                CallbackFailures.class,
                EarlierFailures.class,
                Failures.class,
                RetriesExhaustedException.class,
                RetryCall.class,
                RetryDenial.class,
                RetryEvent.RetriesExhausted.class,
                RetryEvent.RetryDenied.class,
                RetryEvent.RetryIgnored.class,
                RetryEvent.RetryScheduled.class,
                RetryEvent.RetrySucceeded.class,
                SafeDelayFunction.class,
                SafeLog.class,
                StackReserve.class);
        StackReserve.check();
    }

    private RetryClasses() {}

    static void load() {}
}
