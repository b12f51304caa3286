package dev.mainstay;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.safe.SafeText;
import dev.mainstay.safe.StackReserve;
import java.lang.invoke.MethodHandles;

/**
 * Classes that are first needed when a call fails, initialised when the first policy is built. A class whose
 * initialisation meets a full stack cannot be used ever after.
 */
final class Preloading {

    static {
        Class<?>[] classes = {
            AdoptedStage.class,
            AsyncCallBody.class,
            CallContext.class,
            CallFuture.class,
            CallRejectedException.class,
            CallScope.class,
            CallTimeoutException.class,
            CallbackFailures.class,
            GuardEntry.class,
            CancelHook.class,
            FutureScope.class,
            CancellableCall.class,
            SafeContextCarrier.class,
            Chain.class,
            ChildScope.class,
            Classifier.class,
            ContextCarrier.class,
            ContextualGuard.class,
            Deadline.class,
            Failures.class,
            Fallback.class,
            FallbackCase.AtOnce.class,
            FallbackCase.WithStage.class,
            LastGood.Dated.class,
            LastGoodPerKey.class,
            StageWait.class,
            FutureTimeLimit.class,
            AsyncGateCall.class,
            AsyncGateWait.class,
            EnteredGate.class,
            FusedGates.class,
            SyncGateCall.class,
            GateExit.class,
            OwedPermits.class,
            GateRules.class,
            ThreadHandoff.class,
            Interruption.class,
            LateExit.class,
            LateExits.class,
            MeasuredOutside.class,
            TimeLimit.class,
            TimeLimitedCall.class,
            NestingDepth.class,
            Outcome.class,
            Permit.class,
            PermitFuture.class,
            Pipeline.class,
            PolicyEvent.CallEnded.class,
            PolicyEvent.CallRejected.class,
            Rejection.class,
            RejectionLog.class,
            RejectionReason.class,
            Require.class,
            SafeLog.class,
            SafeText.class,
            CancellationScope.class,
            StackReserve.class,
            StageWarning.class,
            Stages.class,
            CallerThreadLimit.class,
            ThreadWait.class,
            TypedPipeline.class,
            Verdict.class,
            WaitQueue.class,
            WaitQueue.Place.class,
            Waiter.class,
            ExecutorCall.class
        };
        try {
            for (Class<?> each : classes) {
                Class<?> ignored = MethodHandles.lookup().ensureInitialized(each);
            }
            StackReserve.check();
        } catch (IllegalAccessException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private Preloading() {}

    static void load() {}
}
