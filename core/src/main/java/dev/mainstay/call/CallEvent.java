package dev.mainstay.call;

import dev.mainstay.event.MainstayEvent;
import org.jspecify.annotations.Nullable;

/** An event of one call, or one that a call brought about. */
public interface CallEvent extends MainstayEvent {

    /** What the call carries; null if no call brought the event about. */
    @Nullable
    CallContext context();
}
