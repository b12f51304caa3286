package dev.mainstay.safe;

import java.lang.invoke.MethodHandles;

/**
 * Initialises classes early that are first needed when a call fails. A class whose initialisation meets a full stack
 * cannot be used ever after. So a class that calls begin with has those initialised that calls may end with.
 */
public final class Preloading {

    private Preloading() {}

    /**
     * Initialises these classes, unless they are. For static initialisers; none of the classes may extend the one whose
     * initialiser calls this, or two threads could wait for each other for ever.
     *
     * @param lookup that of the caller, who must see the classes
     */
    public static void load(MethodHandles.Lookup lookup, Class<?>... classes) {
        try {
            for (Class<?> each : classes) {
                Class<?> ignored = lookup.ensureInitialized(each);
            }
        } catch (IllegalAccessException hidden) {
            throw new IllegalArgumentException(hidden);
        }
    }
}
