package dev.mainstay.registry;

/**
 * For policies of which there may be one for each key of a {@link KeyedRegistry}: what an instance takes over if calls
 * with its key went through the shared instance until then. A rate limiter takes over what is owed there, so that the
 * key does not get a second burst.
 *
 * @param <P> the kind of policy
 */
public interface StateTransfer<P> {

    /**
     * Called before this instance is used, and before it is used again after an eviction. It does not know how much of
     * what the shared instance remembers is due to its own key, and takes over as if all were.
     *
     * @param shared the instance that the calls went through; it goes on being used
     */
    void takeOver(P shared);
}
