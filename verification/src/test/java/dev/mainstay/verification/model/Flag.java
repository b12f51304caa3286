package dev.mainstay.verification.model;

/** A thread's interrupt flag, in the world of the models. */
final class Flag {

    private boolean set;

    void set() {
        set = true;
    }

    void clear() {
        set = false;
    }

    boolean isSet() {
        return set;
    }
}
