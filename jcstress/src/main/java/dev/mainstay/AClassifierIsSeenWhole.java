package dev.mainstay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.mainstay.jcstress.Failure;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * The field that holds it is a plain one, which is right only as long as a classifier is immutable to the last of its
 * parts.
 */
@JCStressTest
@Description("A gate gets another classifier, made just before, while a call fails in it.")
@Outcome(id = "ERROR", expect = ACCEPTABLE, desc = "Judged by the old one.")
@Outcome(
        id = "OVERLOAD",
        expect = ACCEPTABLE,
        desc = "Judged by the new one, of which each part is there: the rule, the function and its name.")
@Outcome(expect = FORBIDDEN, desc = "A part of the new one was not there yet.")
@State
public class AClassifierIsSeenWhole {

    private final OpenGate gate = new OpenGate();

    @Actor
    public void reconfigures() {
        gate.judgeBy(Classifier.builder()
                .overloadExceptions(Failure.class)
                .classify((result, failure) -> null)
                .build());
    }

    @Actor
    public void calls(L_Result r) {
        gate.acquirePermit().failure(new Failure());
        r.r1 = gate.ended(Verdict.OVERLOAD) == 1
                ? Verdict.OVERLOAD
                : gate.ended(Verdict.ERROR) == 1 ? Verdict.ERROR : "neither";
    }
}
