import UnixSignals

/// The wish to stop: SIGTERM or SIGINT. Heard from the moment on that this is made, so make it before anybody can know the process.
struct Interruption: Sendable {
    private let signals: UnixSignalsSequence

    init() async { signals = await UnixSignalsSequence(trapping: .sigterm, .sigint) }

    /// Waits for it.
    func wait() async { for await _ in signals { return } }
}
