package dev.mainstay.verification.api.sample;

/** Public, and has a member from what is hidden. */
public final class Exposed extends Unseen {}

abstract class Unseen {
    public void inherited() {}
}
