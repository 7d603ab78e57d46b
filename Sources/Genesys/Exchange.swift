import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// A complete reply.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    var correlationID: String? { headers.first(name: "inin-correlation-id") }
}

extension HTTPClient {
    /// Sends a request and reads the whole reply.
    ///
    /// The connection is given a minute at most, so that it ends even if nobody waits any more; callers race it with
    /// `within`.
    ///
    /// - Throws: ``GenesysError`` for every failure of the network, and `CancellationError`.
    func exchange(_ request: HTTPClientRequest, operation: String, limit: Int) async throws -> Reply {
        do {
            let response = try await execute(request, timeout: .seconds(60))
            let status = Int(response.status.code)
            // A redirect that was followed has taken the request to another address.
            guard response.history.count <= 1 else {
                throw GenesysError(.redirected, operation: operation, status: status)
            }
            let body = try await response.body.collect(upTo: limit)
            return Reply(status: status, headers: response.headers, body: Array(body.readableBytesView))
        } catch let error as GenesysError {
            throw error
        } catch is NIOTooManyBytesError {
            throw GenesysError(.replyTooLarge(limit: limit), operation: operation)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The client has a nested type named Task.
            if _Concurrency.Task.isCancelled { throw CancellationError() }
            if let error = error as? HTTPClientError, error == .deadlineExceeded {
                throw GenesysError(.timeout, operation: operation)
            }
            throw GenesysError(.unreachable, operation: operation)
        }
    }
}
