import DeliveryWire
import NIOSSL
import Testing

@testable import Delivery

/// A connection that breaks blames no certificate, wherever in TLS it breaks.
@Suite struct TLSErrorTests {
    @Test(arguments: [
        NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])), .handshakeFailed(.syscallError),
        .handshakeFailed(.zeroReturn),
    ])
    func aHandshakeThatBreaksOffIsNoConnection(error: NIOSSLError) {
        #expect(SinkHTTP.failure(error) == .notConnected)
        #expect(SyslogLine.reply(to: error).verdict.replyClass == .retry)
    }

    @Test(arguments: [NIOSSLError.uncleanShutdown, .readInInvalidTLSState, .writeDuringTLSShutdown])
    func anEndWithoutGoodbyeIsNoReply(error: NIOSSLError) {
        #expect(SinkHTTP.failure(error) == .noReply)
        #expect(SyslogLine.reply(to: error).verdict.replyClass == .retry)
    }

    @Test(arguments: [NIOSSLError.handshakeFailed(.sslError([])), .unableToValidateCertificate])
    func certificatesStopTheLane(error: NIOSSLError) {
        #expect(SinkHTTP.failure(error) == .tls)
        #expect(SyslogLine.reply(to: error).verdict.replyClass == .config)
    }
}
