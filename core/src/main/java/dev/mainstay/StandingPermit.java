package dev.mainstay;

import org.jspecify.annotations.Nullable;

/**
 * A permit that a {@link Gate} gives to every call that enters, without being asked about each, until it has another or none. While it is calm, the gate does not want to hear of the calls that
 * succeed with it either, so that such a call costs a few reads and writes nothing; and while it is silent, it wants no more than to have them counted.
 *
 * @param permit zero or more; another one whenever the gate wants to tell calls apart by it
 * @param calm whether successes change nothing
 * @param silence where successes are counted while nothing else depends on them; null if the gate has no such count
 */
public record StandingPermit(
        long permit, Calm calm, @Nullable SilentCount silence) {

    /** Refuses a permit that would mean a refusal. */
    public StandingPermit {
        Require.check(permit >= 0, "permit", permit, "at least 0");
        Require.present("calm", calm);
    }

    /** Without a count. */
    public StandingPermit(long permit, Calm calm) {
        this(permit, calm, null);
    }

    /** The same for a gate whose successes somebody wants to hear of. */
    public StandingPermit told() {
        return new StandingPermit(permit, new Calm());
    }

    /** Whether all is done for a call that has succeeded. */
    boolean settles() {
        if (calm.prevails()) {
            return true;
        }
        SilentCount silence = this.silence;
        return silence != null && silence.addInSilence();
    }
}
