package dev.mainstay.spring.options;

/**
 * What is in force.
 *
 * @param blueprint what was planned
 */
record CatalogState(MainstayOptions options, Blueprint blueprint, SharedBudgets budgets) {

    boolean isEnabled() {
        return !Boolean.FALSE.equals(options.enabled());
    }

    @SuppressWarnings("ReferenceEquality") // each change makes another
    boolean isSame(CatalogState other) {
        return this == other;
    }
}
