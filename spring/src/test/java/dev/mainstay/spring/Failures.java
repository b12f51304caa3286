package dev.mainstay.spring;

/** Throws what a method does not declare. */
final class Failures {

    private Failures() {}

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <X extends Exception> X as(Exception failure) throws X {
        throw (X) failure;
    }
}
