package dev.mainstay.event;

/** What a subscriber holds. Closing it ends the subscription; closing it again does nothing. */
public interface Subscription extends AutoCloseable {

    @Override
    void close();
}
