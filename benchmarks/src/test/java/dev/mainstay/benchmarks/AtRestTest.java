package dev.mainstay.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.benchmarks.contenders.Contenders;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Policies are cheap to have: one for each host, each tenant, each method. */
class AtRestTest {

    @ParameterizedTest
    @EnumSource
    void aPolicyAtRestTakesAtMostHalfAKibibyteAndABreakerWithItsWindowOne(PolicyKind kind) {
        double bytes = AtRest.bytes(AtRest.instance(kind, Contenders.OURS));

        assertThat(bytes).isBetween(100.0, kind == PolicyKind.BREAKER ? 1_024.0 : 512.0);
    }

    @Test
    void aPoolThatNobodyHasCalledTakesAtMostHalfAKibibyte() {
        ThreadPoolBulkheadConfig config = ThreadPoolBulkheadConfig.defaults();

        assertThat(AtRest.bytesOfEach(() -> ThreadPoolBulkhead.of("pool", config)))
                .isBetween(100.0, 512.0);
    }
}
