public import Foundation
import Glibc
import Synchronization

/// A process of a test's own, which inherits no descriptor but those it is given.
///
/// Foundation's `Process` on Linux learns of an end by a socket that the child holds, and so do all children that another thread
/// starts in that moment: it waits for a daemon that got hold of it as long as the daemon runs.
public final class ChildProcess: Sendable {
    /// Why a program was not started.
    public struct NotStarted: Error, CustomStringConvertible {
        /// The program, and what the system says of it.
        public let description: String
    }

    /// Its number.
    public let identifier: pid_t
    /// How it ended, once somebody has waited for it: an exit status, or the signal.
    private let ending = Mutex<Int32?>(nil)

    /// Descriptors that a test process has at the most; to close one that is not open is no error.
    private static let mostDescriptors: Int32 = {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int32(min(limit.rlim_cur, 4096))
    }()

    /// Starts a program that reads a file and whose output is appended to files.
    /// - Throws: ``NotStarted``.
    public init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        input: String = "/dev/null",
        output: String = "/dev/null",
        errors: String = "/dev/null"
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        for descriptor in 3..<Self.mostDescriptors { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // Threads of Dispatch block signals, and a child would inherit that: a daemon that nobody can ask to end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = ([program] + arguments).map { strdup($0) }
        let variables = environment.map { strdup($0.key + "=" + $0.value) }
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, program, &actions, &attributes, words + [nil], variables + [nil])
        guard failure == 0 else { throw NotStarted(description: "\(program): \(String(cString: strerror(failure)))") }
        identifier = process
    }

    /// Waits for its end. Blocks its thread.
    /// - Returns: the exit status, or the number of the signal that ended it.
    public func waitBlocking() -> Int32 {
        ending.withLock { ending in
            if let ending { return ending }
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            let result = signal == 0 ? (status >> 8) & 0xFF : signal
            ending = result
            return result
        }
    }

    /// Whether it has not ended yet.
    public var isRunning: Bool {
        ending.withLock { ending in
            if ending != nil { return false }
            var status: Int32 = 0
            guard waitpid(identifier, &status, WNOHANG) == identifier else { return true }
            let signal = status & 0x7F
            ending = signal == 0 ? (status >> 8) & 0xFF : signal
            return false
        }
    }

    /// Sends it a signal, unless it has ended.
    public func send(_ signal: Int32) {
        // Not reaped yet, so that the number still is this process's.
        if isRunning { kill(identifier, signal) }
    }
}
