/* SPDX-License-Identifier: MIT */ typedef int output_layer;
