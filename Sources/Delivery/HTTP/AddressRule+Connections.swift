public import Addresses
public import AsyncHTTPClient
import Glibc
public import NIOCore

extension AddressRule {
    /// Link-local addresses are forbidden; names are resolved as the system does: by its list of hosts, then the domain name system.
    public static let standard = AddressRule(lookUp: systemLookUp)

    /// Resolves a name as the system does. Blocks.
    static let systemLookUp: @Sendable (String) -> [MachineAddress] = { host in
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        return sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }
            .compactMap { $0?.pointee.ai_addr.flatMap { MachineAddress($0) } }
    }

    /// Judges where a connection leads.
    private func admit(_ channel: any Channel) throws {
        // What has no address any more was closed, and carries nothing.
        let address = channel.remoteAddress.flatMap { $0.withSockAddr { address, _ in MachineAddress(address) } }
        if let address { try admit(address) }
    }

    /// Makes a client judge each connection when it has come about, before a request is given to it. The handshake of TLS has
    /// taken place by then, so the other side has shown a certificate for the destination's name.
    ///
    /// The client no longer repeats attempts to connect by itself: it would go on with a forbidden address until the request's
    /// time is up. Callers repeat.
    public func apply(to configuration: inout HTTPClient.Configuration) {
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { channel in
            do {
                try admit(channel)
                return channel.eventLoop.makeSucceededVoidFuture()
            } catch {
                // Only after the client has taken note of the failure, for it counts its connections.
                channel.eventLoop.execute { channel.close(promise: nil) }
                return channel.eventLoop.makeFailedFuture(error)
            }
        }
    }

    /// The first handler of a connection: it tells no other of a connection that is forbidden, so that nobody begins to write.
    public func makeHandler() -> some ChannelInboundHandler & Sendable { AddressHandler(admit: admit) }
}

private final class AddressHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = NIOAny

    private let admit: @Sendable (any Channel) throws -> Void

    init(admit: @escaping @Sendable (any Channel) throws -> Void) { self.admit = admit }

    func channelActive(context: ChannelHandlerContext) {
        do {
            try admit(context.channel)
            context.fireChannelActive()
        } catch {
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }
}

extension MachineAddress {
    /// Takes the address out of what the system calls one; nil when it is no Internet address.
    fileprivate init?(_ address: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self.init(bytes: withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) })
        case AF_INET6:
            self.init(bytes: withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) })
        default: return nil
        }
    }
}
