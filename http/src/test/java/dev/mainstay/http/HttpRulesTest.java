package dev.mainstay.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLProtocolException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The table, row by row, and each row replaced. */
class HttpRulesTest {

    private static final CallContext GET = HttpCall.of("GET").in(CallContext.plain());
    private static final CallContext POST = HttpCall.of("POST").in(CallContext.plain());

    private final HttpRules rules = HttpRules.standard();

    @ParameterizedTest
    @CsvSource({
        "200, SUCCESS, NEVER",
        "204, SUCCESS, NEVER",
        "301, SUCCESS, NEVER",
        "304, SUCCESS, NEVER",
        "400, SUCCESS, NEVER",
        "401, SUCCESS, NEVER",
        "404, SUCCESS, NEVER",
        "409, SUCCESS, NEVER",
        "413, SUCCESS, NEVER",
        "499, SUCCESS, NEVER",
        "100, SUCCESS, NEVER",
        "408, OVERLOAD, IF_IDEMPOTENT",
        "504, OVERLOAD, IF_IDEMPOTENT",
        "429, OVERLOAD, IF_IDEMPOTENT",
        "503, OVERLOAD, IF_IDEMPOTENT",
        "425, ERROR, IF_IDEMPOTENT",
        "500, ERROR, IF_IDEMPOTENT",
        "502, ERROR, IF_IDEMPOTENT",
        "506, ERROR, IF_IDEMPOTENT",
        "599, ERROR, IF_IDEMPOTENT",
        "501, ERROR, NEVER",
        "505, ERROR, NEVER",
        "511, ERROR, NEVER",
        "0, ERROR, NEVER",
        "99, ERROR, NEVER",
        "600, ERROR, NEVER",
        "-1, ERROR, NEVER"
    })
    void anAnswerMeansWhatTheTableSays(int status, Verdict verdict, Repetition retried) {
        HttpAnswer answer = answer(status);

        assertThat(rules.ofStatus(status)).isEqualTo(new HttpRule(verdict, retried));
        assertThat(rules.judge(GET, answer))
                .isEqualTo(new HttpVerdict(verdict, retried == Repetition.IF_IDEMPOTENT, null));
        assertThat(rules.judge(POST, answer)).isEqualTo(new HttpVerdict(verdict, false, null));
        assertThat(rules.judge(POST.idempotent(Idempotence.YES), answer).retryable())
                .isEqualTo(retried == Repetition.IF_IDEMPOTENT);
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new ConnectException("refused"), "NOT_CONNECTED", "ERROR", "ANY_METHOD"),
                Arguments.of(new UnknownHostException("nowhere"), "NOT_CONNECTED", "ERROR", "ANY_METHOD"),
                Arguments.of(new NoRouteToHostException(), "NOT_CONNECTED", "ERROR", "ANY_METHOD"),
                Arguments.of(new UnresolvedAddressException(), "NOT_CONNECTED", "ERROR", "ANY_METHOD"),
                Arguments.of(handshake(new EOFException("closed")), "NOT_CONNECTED", "ERROR", "ANY_METHOD"),
                Arguments.of(handshake(new SocketException("reset")), "NOT_CONNECTED", "ERROR", "ANY_METHOD"),
                Arguments.of(
                        new IOException("Received RST_STREAM: Stream not processed"),
                        "NOT_PROCESSED",
                        "ERROR",
                        "ANY_METHOD"),
                Arguments.of(
                        new IOException("stream was reset: REFUSED_STREAM"), "NOT_PROCESSED", "ERROR", "ANY_METHOD"),
                Arguments.of(new HttpConnectTimeoutException("slow"), "CONNECT_TIMEOUT", "OVERLOAD", "ANY_METHOD"),
                Arguments.of(new HttpTimeoutException("slow"), "READ_TIMEOUT", "OVERLOAD", "IF_IDEMPOTENT"),
                Arguments.of(new SocketTimeoutException("slow"), "READ_TIMEOUT", "OVERLOAD", "IF_IDEMPOTENT"),
                Arguments.of(
                        new CallTimeoutException("limit", 1, null, false), "READ_TIMEOUT", "OVERLOAD", "IF_IDEMPOTENT"),
                Arguments.of(new SocketException("reset"), "CONNECTION_LOST", "ERROR", "IF_IDEMPOTENT"),
                Arguments.of(new IOException("GOAWAY received"), "CONNECTION_LOST", "ERROR", "IF_IDEMPOTENT"),
                Arguments.of(new EOFException(), "CONNECTION_LOST", "ERROR", "IF_IDEMPOTENT"),
                Arguments.of(handshake(new CertificateException("expired")), "CERTIFICATE", "ERROR", "NEVER"),
                Arguments.of(new SSLHandshakeException("no cipher"), "CERTIFICATE", "ERROR", "NEVER"),
                Arguments.of(new SSLPeerUnverifiedException("who"), "CERTIFICATE", "ERROR", "NEVER"),
                Arguments.of(new IOException(new CertificateException("old")), "CERTIFICATE", "ERROR", "NEVER"),
                Arguments.of(new ProtocolException("Invalid status line"), "PROTOCOL", "ERROR", "NEVER"),
                Arguments.of(new SSLProtocolException("bad record"), "PROTOCOL", "ERROR", "NEVER"),
                Arguments.of(new InterruptedException(), "CANCELLED", "IGNORED", "NEVER"),
                Arguments.of(new InterruptedIOException(), "CANCELLED", "IGNORED", "NEVER"),
                Arguments.of(new CancellationException(), "CANCELLED", "IGNORED", "NEVER"),
                Arguments.of(new IllegalArgumentException("bad URI"), "OTHER", "ERROR", "NEVER"),
                Arguments.of(
                        new CompletionException(new ConnectException("refused")),
                        "NOT_CONNECTED",
                        "ERROR",
                        "ANY_METHOD"),
                Arguments.of(
                        new IllegalStateException(new SocketException("reset")),
                        "CONNECTION_LOST",
                        "ERROR",
                        "IF_IDEMPOTENT"));
    }

    private static SSLHandshakeException handshake(Exception cause) {
        SSLHandshakeException failure = new SSLHandshakeException("the handshake failed");
        failure.initCause(cause);
        return failure;
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureMeansWhatTheTableSays(Throwable failure, FailureKind kind, Verdict verdict, Repetition retried) {
        assertThat(FailureKind.of(failure)).isEqualTo(kind);
        assertThat(rules.ofFailure(kind)).isEqualTo(new HttpRule(verdict, retried));
        assertThat(rules.judge(GET, failure)).isEqualTo(new HttpVerdict(verdict, retried != Repetition.NEVER, null));
        assertThat(rules.judge(POST, failure))
                .isEqualTo(new HttpVerdict(verdict, retried == Repetition.ANY_METHOD, null));
    }

    @Test
    void anErrorIsNoneOfHttps() {
        assertThat(rules.judge(GET, new OutOfMemoryError())).isNull();
        assertThat(rules.classifier().ofFailure(GET, new OutOfMemoryError())).isEqualTo(Verdict.IGNORED);
    }

    @Test
    void whatWasCancelledAfterTheDeadlineWasTooSlow() {
        VirtualTime time = VirtualTime.create();
        CallContext late = GET.deadline(Deadline.after(Duration.ofSeconds(1), time));
        assertThat(rules.judge(late, new InterruptedException()))
                .extracting(HttpVerdict::verdict)
                .isEqualTo(Verdict.IGNORED);

        time.advance(Duration.ofSeconds(1));

        assertThat(rules.judge(late, new InterruptedException()))
                .isEqualTo(new HttpVerdict(Verdict.OVERLOAD, false, null));
    }

    @Test
    void eachStatusCanBeReplaced() {
        IntStream.rangeClosed(100, 599).forEach(status -> {
            HttpRules own = HttpRules.builder()
                    .status(status, Verdict.IGNORED, Repetition.ANY_METHOD)
                    .build();

            assertThat(own.judge(POST, answer(status))).isEqualTo(new HttpVerdict(Verdict.IGNORED, true, null));
            int other = status == 100 ? 101 : status - 1;
            assertThat(own.ofStatus(other)).isEqualTo(rules.ofStatus(other));
        });
    }

    @ParameterizedTest
    @EnumSource(FailureKind.class)
    void eachKindOfFailureCanBeReplaced(FailureKind kind) {
        HttpRules own = HttpRules.builder()
                .failureKinds(failure -> kind)
                .failure(kind, Verdict.OVERLOAD, Repetition.ANY_METHOD)
                .build();

        assertThat(own.judge(POST, new Exception())).isEqualTo(new HttpVerdict(Verdict.OVERLOAD, true, null));
        assertThat(own.toBuilder().build().ofFailure(kind)).isEqualTo(own.ofFailure(kind));
        for (FailureKind other : FailureKind.values()) {
            assertThat(other == kind || own.ofFailure(other).equals(rules.ofFailure(other)))
                    .isTrue();
        }
    }

    @Test
    void severalStatusesCanBeReplacedAtOnce() {
        HttpRules own = HttpRules.builder()
                .statuses(400, 499, Verdict.ERROR, Repetition.NEVER)
                .build();

        assertThat(own.ofStatus(404).verdict()).isEqualTo(Verdict.ERROR);
        assertThat(own.ofStatus(399).verdict()).isEqualTo(Verdict.SUCCESS);
        assertThat(own.ofStatus(500)).isEqualTo(rules.ofStatus(500));
    }

    @Test
    void aWrongStatusIsNamed() {
        assertThatThrownBy(() -> HttpRules.builder().status(600, Verdict.ERROR, Repetition.NEVER))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("status is 600 but must be from 100 to 599");
        assertThatThrownBy(() -> HttpRules.builder().statuses(500, 400, Verdict.ERROR, Repetition.NEVER))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("last status is 400 but must be from 500 to 599");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, true",
        "HEAD, true",
        "OPTIONS, true",
        "TRACE, true",
        "PUT, true",
        "DELETE, true",
        "get, true",
        "POST, false",
        "PATCH, false",
        "CONNECT, false",
        "PURGE, false"
    })
    void methodsAreIdempotentAsRfc9110Says(String method, boolean idempotent) {
        assertThat(HttpCall.of(method).isIdempotent()).isEqualTo(idempotent);
        assertThat(rules.judge(HttpCall.of(method).in(CallContext.plain()), answer(500))
                        .retryable())
                .isEqualTo(idempotent);
    }

    @Test
    void theContextHasTheLastWordOnIdempotence() {
        CallContext never = HttpCall.of("GET").in(CallContext.plain().idempotent(Idempotence.NO));

        assertThat(rules.judge(never, answer(503)).retryable()).isFalse();
        assertThat(rules.judge(never, new ConnectException()).retryable()).isFalse();
        assertThat(rules.judge(CallContext.plain().idempotent(Idempotence.YES), answer(503))
                        .retryable())
                .isTrue();
        assertThat(GET.idempotent()).isEqualTo(Idempotence.YES);
        assertThat(POST.idempotent()).isEqualTo(Idempotence.UNKNOWN);
    }

    @Test
    void aCallOfWhichNothingIsKnownIsRepeatedOnlyIfNothingWasSent() {
        assertThat(rules.judge(CallContext.plain(), answer(503)).retryable()).isFalse();
        assertThat(rules.judge(CallContext.plain(), new ConnectException()).retryable())
                .isTrue();
        assertThat(rules.judge(CallContext.plain(), new IOException()).retryable())
                .isFalse();
    }

    @Test
    void aBodyThatIsGoneIsNotSentAgain() {
        CallContext spent = HttpCall.of("PUT").repeatableWhile(() -> false).in(CallContext.plain());

        assertThat(rules.judge(spent, answer(503)).retryable()).isFalse();
        assertThat(rules.judge(spent, new ConnectException()).retryable()).isFalse();
    }

    @Test
    void aConnectionRefusedBehindARedirectMayHaveRun() {
        HttpCall post = HttpCall.of("POST").unsentWhile(() -> false);

        assertThat(rules.judge(post.in(CallContext.plain()), new ConnectException())
                        .retryable())
                .isFalse();
        assertThat(rules.judge(post.idempotent(true).in(CallContext.plain()), new ConnectException())
                        .retryable())
                .isTrue();
    }

    @Test
    void aServerCanForbidRetries() {
        HttpAnswer forbidden = answer(503, HttpRules.DO_NOT_RETRY, "true");

        assertThat(rules.judge(GET, forbidden)).isEqualTo(new HttpVerdict(Verdict.OVERLOAD, false, null));
        assertThat(rules.judge(GET, answer(503, HttpRules.DO_NOT_RETRY, "False"))
                        .retryable())
                .isTrue();
        HttpRules own = HttpRules.builder().doNotRetryHeader("X-Stop").build();
        assertThat(own.judge(GET, forbidden).retryable()).isTrue();
        assertThat(own.judge(GET, answer(503, "X-Stop", "")).retryable()).isFalse();
        HttpRules none = HttpRules.builder().doNotRetryHeader(null).build();
        assertThat(none.judge(GET, forbidden).retryable()).isTrue();
    }

    @Test
    void retryAfterIsReadFromFailuresAlone() {
        assertThat(rules.judge(GET, answer(503, "Retry-After", "7")).retryAfter())
                .isEqualTo(Duration.ofSeconds(7));
        assertThat(rules.judge(GET, answer(500, "Retry-After", "7")).retryAfter())
                .isEqualTo(Duration.ofSeconds(7));
        assertThat(rules.judge(GET, answer(301, "Retry-After", "7")).retryAfter())
                .isNull();
        assertThat(rules.judge(GET, answer(503, "Retry-After", "soon")).retryAfter())
                .isNull();
    }

    @Test
    void aDateIsRelativeToTheRulesClockAndCapped() {
        HttpRules own = HttpRules.builder()
                .clock(InstantSource.fixed(Instant.parse("1994-11-06T08:49:00Z")))
                .longestRetryAfter(Duration.ofSeconds(30))
                .build();

        assertThat(own.judge(GET, answer(503, "Retry-After", "Sun, 06 Nov 1994 08:49:20 GMT"))
                        .retryAfter())
                .isEqualTo(Duration.ofSeconds(20));
        assertThat(own.judge(GET, answer(503, "Retry-After", "3600")).retryAfter())
                .isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void aRetryIsToldToLeaveAloneWhatMayNotBeRepeated() {
        Classifier retry = rules.retryClassifier();

        assertThat(retry.ofResult(GET, answer(503))).isEqualTo(Verdict.OVERLOAD);
        assertThat(retry.ofResult(POST, answer(503))).isEqualTo(Verdict.IGNORED);
        assertThat(retry.ofResult(GET, answer(404))).isEqualTo(Verdict.SUCCESS);
        assertThat(retry.ofFailure(POST, new IOException())).isEqualTo(Verdict.IGNORED);
        assertThat(retry.ofFailure(POST, new ConnectException())).isEqualTo(Verdict.ERROR);
        assertThat(HttpRules.builder()
                        .status(404, Verdict.SUCCESS, Repetition.IF_IDEMPOTENT)
                        .build()
                        .retryClassifier()
                        .ofResult(GET, answer(404)))
                .isEqualTo(Verdict.ERROR);
    }

    @Test
    void aGateSeesTheVerdictAlone() {
        Classifier gate = rules.classifier();

        assertThat(gate.ofResult(POST, answer(503))).isEqualTo(Verdict.OVERLOAD);
        assertThat(gate.ofResult(POST, answer(404))).isEqualTo(Verdict.SUCCESS);
        assertThat(gate.ofResult(POST, "no answer")).isEqualTo(Verdict.SUCCESS);
        assertThat(gate.ofResult(POST, null)).isEqualTo(Verdict.SUCCESS);
        assertThat(gate.ofFailure(POST, new HttpTimeoutException("slow"))).isEqualTo(Verdict.OVERLOAD);
        assertThat(gate.retryAfterNanos(answer(503, "Retry-After", "2"), null)).isEqualTo(2_000_000_000L);
        assertThat(gate.retryAfterNanos(answer(503), null)).isNegative();
    }

    @Test
    void anotherClientsResultsAreReadByItsReader() {
        Classifier gate = rules.classifier(result -> answer((Integer) result));
        Classifier retry = rules.retryClassifier(result -> answer((Integer) result));

        assertThat(gate.ofResult(GET, 503)).isEqualTo(Verdict.OVERLOAD);
        assertThat(retry.ofResult(POST, 503)).isEqualTo(Verdict.IGNORED);
    }

    static HttpAnswer answer(int status, String... headers) {
        Map<String, String> found = headers.length == 0 ? Map.of() : Map.of(headers[0], headers[1]);
        return HttpAnswer.of(status, found::get);
    }
}
