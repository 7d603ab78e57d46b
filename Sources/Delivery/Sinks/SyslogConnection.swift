import DeliveryWire
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import WallTime

/// A connection to a syslog receiver, made anew when it breaks.
actor SyslogConnection {
    private let settings: SyslogSink.Settings
    private let group: any EventLoopGroup
    private var open: (channel: any Channel, watch: ConnectionWatch)?

    init(_ settings: SyslogSink.Settings, group: any EventLoopGroup) {
        self.settings = settings
        self.group = group
    }

    /// Writes frames, and returns when the receiver's machine has acknowledged them.
    func send(_ bytes: [UInt8]) async -> SinkReply {
        do {
            return try await within(settings.timeout) { await self.attempt(bytes) }
        } catch {
            await drop()
            return SinkReply(TransportFailure.noReply.verdict)
        }
    }

    private func attempt(_ bytes: [UInt8]) async -> SinkReply {
        let channel: any Channel
        let watch: ConnectionWatch
        var isNew = false
        if let open, open.channel.isActive {
            (channel, watch) = open
        } else {
            do {
                (channel, watch) = try await SyslogLine.connect(settings, on: group)
            } catch {
                return SinkReply(SinkHTTP.failure(error).verdict)
            }
            open = (channel, watch)
            isNew = true
        }
        do {
            try await SyslogLine.closing(channel) { [isNew] in
                try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
                if isNew { try await Task.sleep(for: self.settings.probation) }
                try await self.acknowledged(channel)
            }
        } catch {
            return await broken(error, watch)
        }
        return channel.isActive && watch.failure == nil ? .ok : await broken(ChannelError.eof, watch)
    }

    private func broken(_ error: any Error, _ watch: ConnectionWatch) async -> SinkReply {
        let cause = watch.failure ?? error
        await drop()
        return SyslogLine.reply(to: cause)
    }

    /// Waits until the receiver's machine has acknowledged everything, as its TCP tells ours.
    private func acknowledged(_ channel: any Channel) async throws {
        guard let options = channel as? any SocketOptionProvider else { return }
        var wait = Duration.microseconds(200)
        while channel.isActive, try await options.getTCPInfo().get().tcpi_unacked > 0 {
            try await Task.sleep(for: wait)
            wait = min(wait * 2, .milliseconds(20))
        }
    }

    private func drop() async {
        guard let channel = open?.channel else { return }
        open = nil
        try? await channel.close()
    }

    func close() async { await drop() }
}
