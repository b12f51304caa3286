package dev.mainstay.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.Priority;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallHeadersTest {

    private final VirtualTime time = VirtualTime.create();

    @Test
    void nothingIsSentThatHasNoName() {
        assertThat(written(CallHeaders.none(), due(100))).isEmpty();
    }

    @Test
    void ourHeadersSayWhatIsLeftWhichAttemptItIsAndHowMuchItMatters() {
        CallContext context = due(250).priority(Priority.CRITICAL);

        assertThat(written(CallHeaders.ours(), context))
                .isEqualTo(
                        Map.of("Mainstay-Timeout-Ms", "250", "Mainstay-Attempt", "1", "Mainstay-Priority", "critical"));
    }

    @Test
    void theTimeThatIsLeftIsComputedAnew() {
        CallContext context = due(250);
        CallHeaders headers =
                CallHeaders.builder().timeout("X-Timeout").grpcTimeout().build();
        time.advance(Duration.ofNanos(100_500_000));
        assertThat(written(headers, context)).isEqualTo(Map.of("X-Timeout", "149", "grpc-timeout", "149500u"));

        time.advance(Duration.ofSeconds(1));
        assertThat(written(headers, context)).isEqualTo(Map.of("X-Timeout", "0", "grpc-timeout", "0n"));
    }

    @Test
    void withoutADeadlineNoTimeIsSent() {
        CallHeaders headers =
                CallHeaders.builder().timeout("X-Timeout").grpcTimeout().build();

        assertThat(written(headers, CallContext.plain())).isEmpty();
    }

    @Test
    void aLaterAttemptHasItsNumber() {
        CallHeaders headers = CallHeaders.builder().attempt("X-Attempt").build();

        assertThat(written(headers, CallContext.plain().attempt(3, null))).isEqualTo(Map.of("X-Attempt", "3"));
    }

    @Test
    void whatOneServiceWritesTheNextReads() {
        Map<String, String> sent =
                written(CallHeaders.ours(), due(250).priority(Priority.LOW).attempt(2, null));

        CallContext read = CallHeaders.ours().read(CallContext.plain(), sent::get, time);

        assertThat(read.remaining()).isEqualTo(Duration.ofMillis(250));
        assertThat(read.priority()).isEqualTo(Priority.LOW);
        assertThat(CallHeaders.ours().attemptOf(sent::get)).isEqualTo(2);
    }

    @Test
    void aCallerCanOnlyShortenADeadline() {
        CallContext own = due(100);

        assertThat(timeout(own, "5000").remaining()).isEqualTo(Duration.ofMillis(100));
        assertThat(timeout(own, "20").remaining()).isEqualTo(Duration.ofMillis(20));
        assertThat(timeout(own, "0").isOutOfTime()).isTrue();
        assertThat(timeout(own, "-5").isOutOfTime()).isTrue();
        assertThat(timeout(own, "999999999999").remaining()).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void ofTwoTimesTheShorterHolds() {
        CallHeaders headers =
                CallHeaders.builder().timeout("X-Timeout").grpcTimeout().build();
        Map<String, String> sent = Map.of("X-Timeout", "50", "grpc-timeout", "20m");

        assertThat(headers.read(CallContext.plain(), sent::get, time).remaining())
                .isEqualTo(Duration.ofMillis(20));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "1.5", "1e3", "9999999999999", "--1", "-", "٣"})
    void garbageIsAsIfNothingHadBeenSent(String value) {
        assertThat(timeout(CallContext.plain(), value)).isSameAs(CallContext.plain());
        assertThat(CallHeaders.ours().attemptOf(name -> value)).isEqualTo(1);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"urgent", "", "3"})
    void anUnknownPriorityIsNone(String value) {
        Map<String, String> sent = new HashMap<>();
        sent.put("Mainstay-Priority", value);

        CallContext read = CallHeaders.ours().read(CallContext.plain().priority(Priority.HIGH), sent::get, time);

        assertThat(read.priority()).isEqualTo(Priority.HIGH);
    }

    @ParameterizedTest
    @EnumSource(Priority.class)
    void everyPriorityTravels(Priority priority) {
        Map<String, String> sent =
                written(CallHeaders.ours(), CallContext.plain().priority(priority));

        assertThat(CallHeaders.ours().read(CallContext.plain(), sent::get, time).priority())
                .isEqualTo(priority);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1n",
        "99999999, 99999999n",
        "100000000, 100000u",
        "1500000000, 1500000u",
        "99999999999, 99999999u",
        "100000000000, 100000m",
        "100000000000000, 100000S",
        "0, 0n",
        "-5, 0n"
    })
    void aGrpcTimeoutTakesTheSmallestUnitWithRoom(long nanos, String value) {
        assertThat(GrpcTimeout.format(Duration.ofNanos(nanos))).isEqualTo(value);
        assertThat(GrpcTimeout.parse(value)).isLessThanOrEqualTo(Duration.ofNanos(Math.max(0, nanos)));
    }

    @Test
    void hugeTimeoutsStayWithinEightDigits() {
        String value = GrpcTimeout.format(Duration.ofSeconds(Long.MAX_VALUE));

        assertThat(value).matches("\\d{1,8}[HMSmun]");
    }

    @ParameterizedTest
    @CsvSource({"1H, PT1H", "2M, PT2M", "3S, PT3S", "4m, PT0.004S", "5u, PT0.000005S", "6n, PT0.000000006S"})
    void everyUnitOfGrpcIsRead(String value, Duration timeout) {
        assertThat(GrpcTimeout.parse(value)).isEqualTo(timeout);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "1", "S", "123456789S", "-1S", "1s", "1 S", "1.5S", "٣S"})
    void whatIsNoGrpcTimeoutIsNone(String value) {
        assertThat(GrpcTimeout.parse(value)).isNull();
    }

    private CallContext due(long millis) {
        return CallContext.plain().deadline(Deadline.after(Duration.ofMillis(millis), time));
    }

    private CallContext timeout(CallContext own, String value) {
        CallHeaders headers = CallHeaders.builder().timeout("X-Timeout").build();
        return headers.read(own, Map.of("X-Timeout", value)::get, time);
    }

    private static Map<String, String> written(CallHeaders headers, CallContext context) {
        Map<String, String> written = new HashMap<>();
        headers.write(context, written::put);
        return written;
    }
}
