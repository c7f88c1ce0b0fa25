/* SPDX-License-Identifier: MIT */ typedef int capture_layer;
