package dev.mainstay.call;

/**
 * An event at which a call takes another way than straight through: it is rejected, made again, given up, or it changes
 * the state of what guards it. Traces show these, under the names that they give themselves; those of your own policies
 * as well as ours.
 *
 * <p>That a call was let in and has ended is none: it happens to every call, and whoever listens to turning points
 * alone pays nothing for calls that have none.
 */
public interface NotableEvent extends CallEvent {

    /**
     * What it is called wherever it is counted or looked for: one of few names, in lower case, its words separated by
     * dots, such as {@code "retry"}. Nothing in it depends on the call.
     */
    String label();

    /**
     * What there is to say about this one, in a few words for people, such as {@code "attempt 2 in 100ms"}; empty if
     * nothing. Of failures it tells the type only.
     */
    default String detail() {
        return "";
    }
}
